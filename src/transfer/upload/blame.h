// SPDX-License-Identifier: Apache-2.0
// Whose fault it is that a message is not taken (docs/decisions/0034-whose-fault.md).
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"
#include "transfer/pace/backoff.h"

namespace mboxferry::transfer {

/// What a server said about a message.
struct Complaint {
  std::string code;  ///< as reports show it: `TOOBIG`, `BAD`, or empty
  std::string text;  ///< the server's words
  imap::Fault fault = imap::Fault::unknown;
  bool patience = false;  ///< it asks to try again later
  bool bad = false;       ///< BAD, which may be for the keywords; a try costs a login
  bool closed = false;    ///< the connection ended, which says nothing of keywords
  std::chrono::milliseconds suggested{0};  ///< the wait that it asks for
};

/// Decides by what goes through. While other messages are stored, one that fails three times alone
/// is at fault itself, whatever the server calls it. When several different ones in a row get the
/// same words and nothing is stored in between, it is the server or the account. Codes and phrases
/// only shorten the way. One mailbox's; any thread.
class Blame {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  /// How many different messages are several, and after how many failures alone one is at fault.
  static constexpr std::size_t kSeveral = 3;
  static constexpr int kTries = 3;
  /// Where the server asks for patience: by chance it does so to the same message several times.
  static constexpr int kTriesWhileBusy = 2 * kTries;
  /// At most, where connections end at a message and have ended at others that were taken all the
  /// same: a network that often fails does so at one message several times.
  static constexpr int kTriesWhileCut = 3 * kTries;

  /// In so many runs a message must have failed where only mail of other mailboxes passed.
  static constexpr int kRunsWhileOthersPass = 2;

  explicit Blame(Backoff::Random random = {});

  enum class Last { no, plea, bad, closed };
  /// What speaks against a message that is not decided yet.
  struct Evidence {
    int times = 0;               ///< how often it failed alone
    int runs = 0;                ///< in how many runs
    bool others_passed = false;  ///< since it first failed with these words
    Last last = Last::no;
    std::uint64_t stored_in_job = 0;  ///< when it first failed with these words
    std::string words;
  };
  /// Of a message that failed in earlier runs: it waits until the others are sent. Nothing when
  /// this run knows of it.
  void recall(journal::MessageId id, const Evidence& evidence);
  [[nodiscard]] std::optional<Evidence> evidence(journal::MessageId id) const;
  /// Those whose evidence has changed since others passed; each once.
  std::vector<journal::MessageId> newly_passed();
  /// Earlier runs have stored messages in the mailbox.
  void took_mail();

  enum class Next {
    again,    ///< in its place, when the hold is over
    aside,    ///< the others first, then alone
    refuse,   ///< it is the message
    give_up,  ///< it is the server: nothing more into this mailbox now
  };
  /// When a command was begun and answered, and how many messages the job has stored so far in any
  /// of its mailboxes, earlier runs included.
  struct Moment {
    TimePoint begun;
    TimePoint now;
    std::uint64_t stored_in_job = 0;
    bool impatient = false;                ///< waiting has been tried in vain elsewhere
    bool none_untried = false;             ///< all that is left has failed before
    std::uint64_t refused_with_words = 0;  ///< see SuspectMemory::refused_with()
    bool words_passed = false;             ///< see SuspectMemory::were_taken()
  };
  /// The message failed alone.
  Next failed(journal::MessageId id, const Complaint& complaint, const Moment& moment);
  /// The server said to a command with messages of this range that the mailbox has gone. False when
  /// that is an answer like others: it said so of one of the range before, and the mailbox was
  /// opened since, so that it may be the message that the server means.
  bool note_gone(journal::MessageId first, journal::MessageId last);
  /// Several messages were refused together; `again` is in smaller parts.
  Next failed_together(const Complaint& complaint, const Moment& moment);
  void stored(journal::MessageId id);
  /// Others were stored, as was found out after a connection had ended.
  void others_passed();

  /// How often the message has failed alone, and whether last with BAD or the connection's end.
  struct Tried {
    int times = 0;
    bool bad = false;
    bool closed = false;
    bool busy = false;  ///< last with a plea for patience
    std::string words;
  };
  [[nodiscard]] Tried tried(journal::MessageId id) const;
  /// When a message that was put aside may be sent again; nothing for every other one.
  [[nodiscard]] std::optional<TimePoint> due(journal::MessageId id) const;
  /// Why the message is to be refused, when it could not be at once.
  [[nodiscard]] std::optional<Complaint> verdict(journal::MessageId id) const;
  void set_verdict(journal::MessageId id, Complaint complaint);
  void forget(journal::MessageId id);

  /// Before this time nothing is to be sent.
  [[nodiscard]] TimePoint hold() const;
  /// Nothing has been stored since the last hold: one message at a time, until one goes through.
  [[nodiscard]] bool is_probing() const;
  /// Several different ones in a row got the same NO, without a plea for patience: one that failed
  /// is to be tried without its keywords, which may be what the server refuses.
  [[nodiscard]] bool suspects_keywords() const;
  /// Those at hand are all refused: one from far away shows whether it is them.
  [[nodiscard]] bool wants_another_kind() const;

 private:
  struct Suspect {
    int times = 0;
    bool bad = false;
    bool closed = false;
    bool busy = false;
    std::string words;
    std::uint64_t stored_before = 0;  ///< in this mailbox when it first failed with these words
    std::uint64_t stored_in_job = 0;  ///< in all of them
    bool passed_before = false;       ///< others have passed in an earlier run
    bool told_passed = false;         ///< see newly_passed()
    int runs = 0;
    bool in_this_run = false;
    std::optional<TimePoint> due;
    std::optional<Complaint> verdict;
  };
  [[nodiscard]] int tries_for(const Complaint& complaint, const Moment& moment) const;
  [[nodiscard]] bool others_pass(const Suspect& suspect) const;
  [[nodiscard]] bool is_proven_by_runs(const Suspect& suspect, const Complaint& complaint,
                                       const Moment& moment) const;
  bool put_on_hold(const Complaint& complaint, const Moment& moment);
  void something_passed();
  void note_in_a_row(journal::MessageId id, const std::string& words);

  mutable std::mutex mutex_;
  std::map<journal::MessageId, Suspect> suspects_;
  std::vector<std::pair<journal::MessageId, journal::MessageId>> gone_;  ///< see note_gone()
  std::set<journal::MessageId> in_a_row_;  ///< failed with `row_words_`, and nothing stored since
  std::string row_words_;
  bool row_may_be_keywords_ = false;  ///< no plea, and the connection lived
  std::uint64_t stored_here_ = 0;
  bool took_mail_ = false;  ///< in this run or before
  int proven_cuts_ = 0;     ///< connections that ended at messages which were taken all the same
  Backoff backoff_;
  TimePoint hold_{};
};

/// The words of a server without what differs from one answer to the next: numbers, dates, names of
/// sessions.
std::string lasting_words(std::string_view text);

}  // namespace mboxferry::transfer
