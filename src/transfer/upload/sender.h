// SPDX-License-Identifier: Apache-2.0
// Sends messages over one connection, with every step in the journal first.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "mboxferry/imap/target.h"
#include "transfer/pace/batch_pace.h"
#include "transfer/source/literals.h"
#include "transfer/upload/mail_stream.h"
#include "transfer/upload/send_context.h"

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
  [[nodiscard]] bool left_some() const { return !again_.empty() || has_doubts_; }
  /// True when the server has to be asked whether it has stored what it refused.
  [[nodiscard]] bool has_doubts() const { return has_doubts_; }
  /// True when nothing more can be said on the connection.
  [[nodiscard]] bool lost_connection() const { return abandoning_; }

 private:
  using Rows = MailStream::Rows;
  using Portion = MailStream::Portion;
  struct Batch {
    std::shared_ptr<const Rows> rows;
    CommitOrder::Ticket ticket = 0;
    std::size_t unanswered = 0;
    std::uint64_t bytes = 0;
    bool careful = false;  ///< nothing else may be on its way
    BatchPace::TimePoint begun;
    BatchPace::TimePoint ended;
  };
  using Batches = std::map<std::uint64_t, Batch>;
  class OrderedLiterals;

  Result<void> send_all();
  Result<std::optional<Portion>> next_portion();
  void bring_far_one_forward();
  bool has_nul(const journal::MessageRow& row);
  bool refuse_known(const journal::MessageRow& row);
  Result<void> send_batch(Portion portion);
  [[nodiscard]] bool may_begin() const;
  Result<bool> wait_to_begin();
  [[nodiscard]] bool may_take() const;
  [[nodiscard]] bool is_at_turn(CommitOrder::Ticket ticket) const;
  Result<void> wait_for_turn(CommitOrder::Ticket ticket);
  Result<void> look_for_answers();
  imap::AppendMessage to_append(const journal::MessageRow& row);
  Result<void> receive_one();
  Result<void> apply(const imap::AppendOutcome& outcome);
  Result<void> answered(Batches::iterator batch, std::size_t count);
  Result<void> apply_stored(const imap::AppendOutcome& outcome,
                            std::span<const journal::MessageRow> rows);
  Result<void> disbelieve_uid(imap::Uid uid);
  Result<void> disbelieve_uids_because(const std::string& why);
  Result<void> apply_refused(const imap::AppendOutcome& outcome, const Batch& batch, Rows rows);
  Result<void> apply_doubted_refusal(const imap::AppendOutcome& outcome, const Batch& batch,
                                     const Rows& rows);
  Result<void> apply_lone_refusal(const Complaint& complaint, const Blame::Moment& moment,
                                  Rows rows);
  Result<void> apply_bad(const imap::AppendOutcome& outcome, const Batch& batch,
                         std::span<const journal::MessageRow> rows);
  void blame_for_the_end(const Error& error);
  void blame_alone(const journal::MessageRow& row, const Complaint& complaint,
                   const Blame::Moment& moment);
  [[nodiscard]] Blame::Moment moment_of(const Batch& batch, const Complaint& complaint) const;
  Blame::Next judge(const journal::MessageRow& row, const Complaint& complaint,
                    const Blame::Moment& moment);
  [[nodiscard]] bool is_all_tried() const;
  void note_passed(std::span<const journal::MessageRow> rows);
  void note_keywords(const journal::MessageRow& row);
  void give_up(const Complaint& complaint);
  void tell_of_wait(const Complaint& complaint);
  [[nodiscard]] bool goes_without_keywords(const journal::MessageRow& row) const;
  [[nodiscard]] std::vector<std::string> keywords_of(const journal::MessageRow& row) const;
  void plan_again(Rows rows);
  void put_aside(const journal::MessageRow& row);
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
  Rows aside_;              ///< for the stream, as soon as the journal has them planned again
  Batches in_flight_;
  std::set<journal::MessageId> without_keywords_;  ///< sent so; not all of them are stored yet
  std::uint64_t next_batch_ = 1;
  std::chrono::steady_clock::time_point looked_{};  ///< for answers, while sending
  journal::Step pending_;                           ///< outcomes not yet in the journal
  std::optional<Error> ending_;  ///< nothing new is begun; what is in flight is finished
  bool drained_ = false;         ///< `ending_`, with the connection in order
  bool has_doubts_ = false;      ///< something was refused, and the server is to be asked
  bool abandoning_ = false;      ///< the connection is gone; only answers that came count
  bool stored_some_ = false;
  bool got_bad_ = false;          ///< what comes after it on this connection blames nobody
  Blame::TimePoint told_hold_{};  ///< the last wait that the user was told of
  std::string plea_;              ///< why the server is given time
};

}  // namespace mboxferry::transfer
