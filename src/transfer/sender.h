// SPDX-License-Identifier: Apache-2.0
// Sends messages over one connection, with every step in the journal first.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mboxferry/imap/target.h"
#include "transfer/backoff.h"
#include "transfer/batch_pace.h"
#include "transfer/literals.h"
#include "transfer/mail_stream.h"
#include "transfer/send_context.h"

namespace mboxferry::transfer {

/// One connection's work on one stream; one thread.
/// The rule of the journal: no byte of a batch goes out before its intent is durable, and the
/// confirmation of earlier batches rides in the same transaction.
class Sender {
 public:
  /// Asked between batches: true when what is in flight shall be finished and nothing more begun.
  using Stop = std::function<bool()>;
  /// Told what was stored.
  using Stored = std::function<void(const journal::Count&)>;

  /// `connection`: a number of its own for each of the job's. `keep_order`: batches commit in the
  /// order in which they were taken. `reader` reads the stream's folder.
  Sender(const SendContext& context, imap::Target& target, MailStream& stream,
         MessageReader& reader, int connection, bool keep_order, BatchPace& pace, Stop stop,
         Stored stored);

  /// Sends until the stream has nothing more for this connection, or `stop` says so. Afterwards
  /// nothing is in flight. After an error of scope session messages may be in doubt: reconnect and
  /// reconcile.
  Result<void> send();
  /// True when messages that this connection took are planned again: the stream has to be rewound.
  [[nodiscard]] bool left_some() const { return !again_.empty(); }

 private:
  using Rows = MailStream::Rows;
  using Portion = MailStream::Portion;
  struct Batch {
    std::shared_ptr<const Rows> rows;
    CommitOrder::Ticket ticket = 0;
    std::size_t unanswered = 0;
    std::uint64_t bytes = 0;
    BatchPace::TimePoint begun;
    BatchPace::TimePoint ended;
  };
  using Batches = std::map<std::uint64_t, Batch>;
  class OrderedLiterals;

  Result<void> send_all();
  Result<std::optional<Portion>> next_portion();
  bool refuse_known(const journal::MessageRow& row);
  Result<void> send_batch(Portion portion);
  [[nodiscard]] bool may_take() const;
  [[nodiscard]] bool is_at_turn(CommitOrder::Ticket ticket) const;
  Result<void> wait_for_turn(CommitOrder::Ticket ticket);
  Result<void> look_for_answers();
  [[nodiscard]] imap::AppendMessage to_append(const journal::MessageRow& row) const;
  Result<void> receive_one();
  Result<void> note_sent_today();
  Result<void> apply(const imap::AppendOutcome& outcome);
  Result<void> answered(Batches::iterator batch, std::size_t count);
  Result<void> apply_stored(const imap::AppendOutcome& outcome,
                            std::span<const journal::MessageRow> rows);
  Result<void> apply_refused(const imap::AppendOutcome& outcome, Rows rows);
  void apply_bad(const imap::AppendOutcome& outcome, std::span<const journal::MessageRow> rows);
  Result<void> apply_patience(const imap::AppendOutcome& outcome);
  bool try_without_keywords(const imap::AppendOutcome& outcome, Rows& rows);
  [[nodiscard]] bool goes_without_keywords(const journal::MessageRow& row) const;
  void plan_again(Rows rows);
  void refuse(const journal::MessageRow& row, std::string code, std::string text);
  void tell_refused(const journal::MessageRow& row, const std::string& code,
                    const std::string& text);
  Result<void> commit(std::vector<journal::Intent> intents);
  Result<void> abandon(Error error);

  const SendContext& context_;
  imap::Target& target_;
  MailStream& stream_;
  Desk& desk_;
  MessageReader& reader_;
  const int connection_;
  const bool keep_order_;
  BatchPace& pace_;
  const Stop stop_;
  const Stored stored_;

  const ReadyMailbox mailbox_;  ///< but for the floor, which the desk keeps
  int refusals_told_ = 0;
  std::deque<Rows> again_;  ///< parts of refused batches, to be sent before anything new
  Batches in_flight_;
  std::uint64_t next_batch_ = 1;
  std::chrono::steady_clock::time_point looked_{};  ///< for answers, while sending
  journal::Step pending_;                           ///< outcomes not yet in the journal
  std::optional<Error> budget_used_up_;  ///< nothing new is begun; what is in flight is finished
  bool abandoning_ = false;              ///< the connection is gone; only answers that came count
  Backoff backoff_{{std::chrono::milliseconds(1000)}};  ///< when the server asks to wait
};

}  // namespace mboxferry::transfer
