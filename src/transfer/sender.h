// SPDX-License-Identifier: Apache-2.0
// Sends a folder's planned messages over one connection, with every step in the journal first.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/base/time.h"
#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"
#include "transfer/daily_budget.h"
#include "transfer/index_gate.h"
#include "transfer/literals.h"
#include "transfer/mailboxes.h"
#include "transfer/source_folders.h"
#include "transfer/tracker.h"

namespace mboxferry::transfer {

/// The journal's note of the longest wait for an answer, in milliseconds: a resumed job settles as
/// long as the one that died would have.
inline constexpr const char* kSlowestConfirmNote = "slowest_confirm_ms";

/// What must outlive a connection: which messages got a BAD, how slow the server is, and whether
/// anything moves at all.
struct SendMemory {
  /// Messages [first, last] were in a command that got BAD: each goes alone, synchronizing.
  journal::MessageId careful_first = 0;
  journal::MessageId careful_last = -1;
  /// The one message that is tried with care, how often it got BAD (or NO with keywords), and the
  /// server's words.
  journal::MessageId bad_message = 0;
  int bad_count = 0;
  std::string bad_text;
  int refused_by_bad_in_a_row = 0;

  std::chrono::milliseconds slowest_confirm{0};  ///< the longest wait for an answer in this job
  std::chrono::milliseconds noted_confirm{0};    ///< what the journal knows of it
  bool progress = false;  ///< something was decided since this was last set to false
};

/// One folder's sender; lives as long as the folder is worked on over this connection.
/// The rule of the journal: no byte of a batch goes out before its intent is durable, and the
/// confirmation of earlier batches rides in the same transaction.
class Sender {
 public:
  Sender(const JobSettings& settings, imap::Target& target, journal::Journal& journal,
         IndexGate& gate, Tracker& tracker, DailyBudget& budget, SendMemory& memory, Clock& clock,
         const Cancellation& interrupt);

  /// Sends until everything of the folder is stored or refused. `position` is the folder's place
  /// in the index pass's order. An error of scope session means: reconnect, reconcile, call again.
  Result<void> send(const SourceFolder& source, std::size_t position, ReadyMailbox mailbox);

 private:
  using Rows = std::vector<journal::MessageRow>;
  struct Batch {
    Rows rows;
    std::size_t unanswered = 0;
    std::chrono::steady_clock::time_point sent_at;
  };

  Result<void> send_all(const SourceFolder& source, std::size_t position, MessageReader& reader);
  Result<Rows> next_rows(const SourceFolder& source);
  Result<Rows> planned_rows(const SourceFolder& source);
  Rows take_batch(Rows& from, bool careful);
  bool refuse_known(const journal::MessageRow& row);
  Result<void> send_batch(Rows rows, MessageReader& reader);
  [[nodiscard]] imap::AppendMessage to_append(const journal::MessageRow& row) const;
  Result<void> receive_one();
  Result<void> note_sent_today();
  Result<void> apply(const imap::AppendOutcome& outcome);
  Result<void> note_confirm_time(std::chrono::milliseconds waited);
  Result<void> apply_stored(const imap::AppendOutcome& outcome, const Rows& rows);
  Result<void> apply_refused(const imap::AppendOutcome& outcome, Rows rows);
  void apply_bad(const imap::AppendOutcome& outcome, const Rows& rows);
  Result<void> apply_patience(const imap::AppendOutcome& outcome);
  void go_carefully(const Rows& rows);
  bool try_without_keywords(const imap::AppendOutcome& outcome, Rows& rows);
  [[nodiscard]] bool goes_without_keywords(const journal::MessageRow& row) const {
    return row.id == memory_.bad_message && memory_.bad_count == 1 && !row.keywords.empty();
  }
  void plan_again(Rows rows);
  void refuse(const journal::MessageRow& row, std::string code, std::string text);
  void tell_refused(const journal::MessageRow& row, const std::string& code,
                    const std::string& text);
  Result<void> commit(std::vector<journal::Intent> intents);
  Result<void> abandon(Error error);
  [[nodiscard]] bool is_careful(journal::MessageId id) const {
    return id >= memory_.careful_first && id <= memory_.careful_last;
  }

  const JobSettings& settings_;
  imap::Target& target_;
  journal::Journal& journal_;
  IndexGate& gate_;
  Tracker& tracker_;
  DailyBudget& budget_;
  SendMemory& memory_;
  Clock& clock_;
  const Cancellation& interrupt_;

  std::string folder_;  ///< the folder's path, for messages
  ReadyMailbox mailbox_;
  int refusals_told_ = 0;
  journal::MessageId cursor_ = 0;
  Rows read_ahead_;
  std::deque<Rows> again_;  ///< parts of refused batches, to be sent before anything new
  std::map<std::uint64_t, Batch> in_flight_;
  std::uint64_t next_batch_ = 1;
  journal::Step pending_;                ///< outcomes not yet in the journal
  std::optional<Error> budget_used_up_;  ///< nothing new is begun; what is in flight is finished
  bool abandoning_ = false;              ///< the connection is gone; only answers that came count
  int patience_ = 0;                     ///< how often in a row the server asked to wait
};

}  // namespace mboxferry::transfer
