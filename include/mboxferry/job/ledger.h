// SPDX-License-Identifier: Apache-2.0
// Where each account of a batch stands (docs/decisions/0024-batch.md).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/base/result.h"

namespace mboxferry::job {

enum class AccountState {
  waiting,
  running,
  complete,
  refused,        ///< finished, some messages refused by the server
  later,          ///< must go on later: the server asks for patience, or is not there
  login_refused,  ///< not tried again by itself
  failed,
  incomplete,  ///< finished, parts of the archive were not read
};
std::string_view account_state_name(AccountState state);

/// An account as the file names it now.
struct NewEntry {
  std::string key;      ///< account, mailbox and archive: what makes it another job
  std::string account;  ///< `user@host:port`
  std::string user;
  std::string host;   ///< without the port
  std::string place;  ///< `host:port`, of which so many may be busy at a time
  std::uint64_t line = 0;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;         ///< bytes of the archive on disk
  bool gone = false;              ///< there is no such archive
  std::string archive_stamp;      ///< another one: there may be new mail
  std::string credentials_stamp;  ///< another one: worth another login
  std::string journal;            ///< the name of its file in the ledger's folder, once begun
  std::string lists;              ///< a digest of its sender lists, empty without any
  /// The same for all rows that differ in how host and user are spelled at most.
  std::int64_t likeness = 0;
};

/// How a row names an account.
struct Spelling {
  std::string account;
  std::string host;
  std::uint64_t line = 0;
};

/// An account as the ledger knows it.
struct Entry : NewEntry {
  std::int64_t id = 0;
  /// It was added by Ledger::add_refused().
  [[nodiscard]] bool is_refused_row() const { return key.starts_with("row:"); }
  AccountState state = AccountState::waiting;
  std::string what;            ///< why it is not complete
  std::uint64_t messages = 0;  ///< stored, by all runs
  std::uint64_t bytes = 0;
  std::uint64_t refused = 0;
  std::uint64_t messages_now = 0;  ///< stored by its last run
  std::uint64_t bytes_now = 0;
  double seconds = 0;  ///< of its last run
  int attempts = 0;    ///< in this run of the batch
};

/// Accounts of one state that are not complete for one reason.
struct Reason {
  Entry first;  ///< of them, in the file's order
  std::uint64_t accounts = 0;
  std::uint64_t refused = 0;  ///< messages
  std::string what;           ///< the reason without the account's name
};

/// How an account's turn ended.
struct Outcome {
  AccountState state = AccountState::failed;
  std::string what;
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  std::uint64_t messages_now = 0;  ///< stored in this turn
  std::uint64_t bytes_now = 0;
  std::uint64_t refused = 0;
  double seconds = 0;
  bool server_is_down = false;  ///< nobody else of this place need try now
  std::string note;             ///< kept for later: a dry run's plan
};

/// How many accounts of this run are in each state, and the bytes of their archives.
struct Standing {
  std::uint64_t accounts = 0;
  std::uint64_t waiting = 0;
  std::uint64_t running = 0;
  std::uint64_t complete = 0;
  std::uint64_t refused = 0;
  std::uint64_t later = 0;
  std::uint64_t login_refused = 0;
  std::uint64_t failed = 0;
  std::uint64_t incomplete = 0;
  std::uint64_t bytes = 0;       ///< of all
  std::uint64_t bytes_done = 0;  ///< of those that are neither waiting nor running
  std::uint64_t bytes_left = 0;  ///< of these, of those that have not moved all that can be moved
};

/// An SQLite file in the state folder, or, without a path, one that is gone when it is closed.
/// It is derived: what of an account is stored, its journal knows. All methods may be called from
/// any thread. Memory does not grow with the number of accounts.
class Ledger {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  /// Which of the accounts that are not complete are tried.
  struct Choice {
    std::string only;  ///< a glob of user names; empty: all
    bool retry_failed =
        false;  ///< also those whose login was refused, or that have refused messages
    bool largest_first = true;  ///< else in the file's order
  };

  /// Errors: `journal_locked` when another process has it, `cannot_create`, `configuration`.
  static Result<std::unique_ptr<Ledger>> open(const std::string& path);
  /// To look only, also while another process works with it; `anyones`: whoever owns the file. A
  /// look that takes long ends at `interrupt`, which must live longer.
  /// Errors: `configuration`, `io`.
  static Result<std::unique_ptr<const Ledger>> open_to_read(
      const std::string& path, bool anyones = false, const Cancellation* interrupt = nullptr);
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;
  ~Ledger();

  /// From now on add() tells what is in the file; those that it does not name take no part.
  Result<void> begin(const Choice& choice);
  /// The line of an earlier row with the same key, or nothing.
  Result<std::optional<std::uint64_t>> add(const NewEntry& entry);
  /// The archive's stamp when an earlier run was through with the account of that key, so that this
  /// run has nothing to do for it; for an archive that has gone since.
  Result<std::optional<std::string>> stamp_when_done(const std::string& key) const;
  /// Earlier rows of this reading with the same likeness, at most eight of them, whoever's share
  /// they are. Notes this one.
  Result<std::vector<Spelling>> others_like(const NewEntry& entry);
  /// A row that cannot be used, and why: an account that has failed and gets no turn. What an
  /// earlier run knows of the account stays as it is. `entry.key` is not used.
  /// `shown`: what note() returns of it.
  Result<void> add_refused(const NewEntry& entry, const std::string& why,
                           const std::string& shown = {});
  Result<void> end();
  /// How many complete accounts add() met that have nothing to do and had other sender lists when
  /// they were met before, and the user of the first.
  [[nodiscard]] std::pair<std::uint64_t, std::string> with_other_lists() const;

  /// The next account whose turn it is, now running: of the place with the fewest running ones, at
  /// most `per_place` of each, and never two of one account. Nothing when none may run now.
  Result<std::optional<Entry>> take(int per_place, TimePoint now);
  Result<void> settle(const Entry& entry, const Outcome& outcome, TimePoint now);
  [[nodiscard]] Result<Standing> standing() const;
  using Visitor = std::function<Result<void>(const Entry&)>;
  /// Those of this run, in the file's order. `visit` may call other methods.
  Result<void> each(const Visitor& visit) const;
  /// Also those that the file names and this run has not chosen, in the order of their coming.
  Result<void> each_named(const Visitor& visit) const;
  /// Why accounts of this run are not complete, at most so many reasons, the most frequent first.
  [[nodiscard]] Result<std::vector<Reason>> reasons(int most) const;
  /// True when earlier runs have stored something, or were through, for accounts of this run.
  [[nodiscard]] Result<bool> has_stored() const;
  /// The account whose journal has this name, of those that each_named() visits.
  [[nodiscard]] Result<std::optional<Entry>> with_journal(const std::string& journal) const;
  /// What settle() kept of an account.
  [[nodiscard]] Result<std::string> note(const Entry& entry) const;

 private:
  struct State;
  /// `statement`: a page of accounts behind a position, which `position` tells.
  Result<void> walk(const char* statement, std::int64_t (*position)(const Entry&),
                    const Visitor& visit) const;
  explicit Ledger(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace mboxferry::job
