// SPDX-License-Identifier: Apache-2.0
// The send loop: fill the pipeline, commit, append, receive.
#include "transfer/upload/sender.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "mboxferry/base/crash_point.h"
#include "transfer/pace/waiting.h"

namespace mboxferry::transfer {
namespace {

constexpr std::size_t kMostUncommitted = 1024;
// A server that holds a lock while it reads could make two connections wait for each other.
constexpr std::chrono::seconds kLongestTurn{10};
constexpr std::chrono::milliseconds kBetweenLooks{5};

}  // namespace

/// The literals of a batch, which is let go when its turn has come. Other connections may wait for
/// answers that come meanwhile, so they are taken between the pieces.
class Sender::OrderedLiterals final : public imap::LiteralSource {
 public:
  OrderedLiterals(Sender& sender, const Batch& batch)
      : sender_(sender),
        ticket_(batch.ticket),
        rows_(batch.rows),
        literals_(sender.reader_, *rows_) {}

  Result<void> write(std::size_t index, const imap::LiteralWriter& out) override {
    return literals_.write(index, [&](std::string_view piece) -> Result<void> {
      MBOXFERRY_TRY(out(piece));
      return sender_.look_for_answers();
    });
  }
  [[nodiscard]] bool approves_at_once() const override { return sender_.is_at_turn(ticket_); }
  Result<void> approve() override {
    MBOXFERRY_TRY(sender_.wait_for_turn(ticket_));
    return literals_.approve();
  }

 private:
  Sender& sender_;
  const CommitOrder::Ticket ticket_;
  const std::shared_ptr<const Rows> rows_;  ///< an early NO may end the batch meanwhile
  BatchLiterals literals_;
};

Sender::Sender(const SendContext& context, imap::Target& target, MailStream& stream,
               MessageReader& reader, int connection, bool keep_order, BatchPace& pace, Stop stop,
               Stored stored)
    : context_(context),
      target_(target),
      stream_(stream),
      desk_(stream.desk()),
      reader_(reader),
      connection_(connection),
      keep_order_(keep_order),
      pace_(pace),
      stop_(std::move(stop)),
      stored_(std::move(stored)),
      mailbox_(desk_.ready()) {}

Result<void> Sender::send() {
  if (keep_order_) desk_.order.join(connection_);
  const auto sent = send_all();
  desk_.order.leave(connection_);
  if (!sent) return drained_ ? sent.error() : abandon(sent.error());
  return commit({});
}

Result<void> Sender::send_all() {
  for (;;) {
    const bool may_send = !ending_ && !has_doubts_ && !stop_();
    if (may_send && may_begin()) {
      MBOXFERRY_ASSIGN(auto portion, next_portion());
      if (portion) {
        MBOXFERRY_TRY(send_batch(std::move(*portion)));
        while (!in_flight_.empty() && target_.answer_ready()) MBOXFERRY_TRY(receive_one());
        continue;
      }
    }
    if (!in_flight_.empty()) {
      MBOXFERRY_TRY(receive_one());
      continue;
    }
    MBOXFERRY_TRY(commit({}));
    if (ending_) {
      drained_ = true;
      return *ending_;
    }
    if (!may_send) return ok();
    MBOXFERRY_ASSIGN(const bool waited, wait_to_begin());
    if (!waited && again_.empty()) return ok();
  }
}

bool Sender::may_begin() const {
  if (context_.clock.now() < desk_.blame.hold()) return false;
  if (!in_flight_.empty() && in_flight_.begin()->second.careful) return false;
  const std::size_t most = desk_.blame.is_probing() ? 1 : pace_.in_flight();
  return in_flight_.size() < most && may_take();
}

/// With nothing in flight; false when there is nothing to wait for.
Result<bool> Sender::wait_to_begin() {
  auto until = desk_.blame.hold();
  const auto now = context_.clock.now();
  std::string why = "the server asks for patience (" + plea_ + ")";
  if (until <= now) {
    const auto aside = stream_.next_aside();
    if (!aside) return false;
    until = *aside;
    why = "to try a refused message again";
  }
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(until - now);
  if (wait.count() > 0 &&
      !wait_unless(context_.interrupt, context_.clock, wait, context_.tracker, std::move(why)))
    return false;
  return true;
}

/// The next batch: first what comes back from a refused one, then new messages. Messages that are
/// known to be refused are taken out on the way.
Result<std::optional<Sender::Portion>> Sender::next_portion() {
  const bool probing = desk_.blame.is_probing();
  const bool may_choose = probing && in_flight_.empty() && !again_.empty();
  bool another = may_choose && desk_.blame.suspects_keywords() && stream_.has_keywords_aside();
  if (may_choose && desk_.blame.wants_another_kind()) {
    MBOXFERRY_ASSIGN(another, stream_.has_fresh());
    if (!another) bring_far_one_forward();
  }
  if (!again_.empty() && !another) {
    const bool careful = desk_.care.is_careful(again_.front().front().id);
    if (careful && !in_flight_.empty()) return std::optional<Portion>();
    Portion portion{std::move(again_.front()), careful, desk_.order.take(connection_)};
    again_.pop_front();
    target_.be_careful(careful);
    if ((probing || careful) && portion.rows.size() > 1) {
      again_.emplace_front(std::make_move_iterator(portion.rows.begin() + 1),
                           std::make_move_iterator(portion.rows.end()));
      portion.rows.resize(1);
    }
    return std::optional(std::move(portion));
  }
  for (;;) {
    const journal::Count left = context_.budget.left();
    const auto size = desk_.order.agree(connection_, {pace_.messages(), pace_.bytes()});
    MailStream::Most most{std::min(size.messages, std::max<std::size_t>(left.messages, 1)),
                          std::min(size.bytes, left.bytes)};
    // RFC 9738: more messages in one APPEND would be refused together.
    if (target_.mode() == imap::AppendMode::multiappend)
      most.messages = std::min<std::size_t>(
          most.messages, target_.capabilities().message_limit.value_or(most.messages));
    if (probing) most.messages = 1;
    MBOXFERRY_ASSIGN(auto portion,
                     stream_.take(most, in_flight_.empty(), connection_, context_.clock.now()));
    if (!portion) return portion;
    target_.be_careful(portion->careful);
    std::erase_if(portion->rows,
                  [this](const journal::MessageRow& row) { return refuse_known(row); });
    if (!portion->rows.empty()) return portion;
    desk_.order.done(portion->ticket);
    if (pending_.refused.size() >= kMostUncommitted) MBOXFERRY_TRY(commit({}));
  }
}

/// Those at the front of `again_` are refused: the last of all is tried next.
void Sender::bring_far_one_forward() {
  Rows& last = again_.back();
  Rows far{std::move(last.back())};
  last.pop_back();
  if (last.empty()) again_.pop_back();
  again_.push_front(std::move(far));
}

/// Reads the message once more, which only servers cost that have refused a NUL.
bool Sender::has_nul(const journal::MessageRow& row) {
  bool found = false;
  const Error enough{ErrorCode::interrupted, "one is enough", ""};
  const auto read =
      reader_.wire_form(row.offset, row.length, [&](std::string_view piece) -> Result<void> {
        found = piece.find('\0') != std::string_view::npos;
        return found ? Result<void>(enough) : ok();
      });
  // What cannot be read is told when it is sent.
  static_cast<void>(read.has_value());
  return found;
}

bool Sender::refuse_known(const journal::MessageRow& row) {
  if (const auto refusal =
          plan::refuse_beforehand(row.wire_size, target_.capabilities().append_limit,
                                  context_.settings.limits.message_bytes)) {
    refuse(row, refusal->code, refusal->text);
    return true;
  }
  // Decided when the connection ended; by now the server was asked whether it has the message.
  if (auto verdict = desk_.blame.verdict(row.id)) {
    refuse(row, std::move(verdict->code), std::move(verdict->text));
    return true;
  }
  auto nul = context_.record.nul_refusal();
  if (!nul || !has_nul(row)) return false;
  refuse(row, std::move(nul->code), std::move(nul->text));
  return true;
}

/// A server may know only so many keywords in a mailbox, or not take one: the message matters more.
bool Sender::goes_without_keywords(const journal::MessageRow& row) const {
  if (row.keywords.empty()) return false;
  const Blame::Tried tried = desk_.blame.tried(row.id);
  // A server that is busy says so to every message, and not for their keywords.
  const int most = tried.busy ? Blame::kTriesWhileBusy - 1 : tried.bad ? 1 : Blame::kTries - 1;
  const bool suspected = tried.times > 0 && !tried.busy && desk_.blame.suspects_keywords();
  const bool for_keywords = !tried.closed && (tried.times >= most || suspected);
  return for_keywords || context_.record.keywords.refuses(keywords_of(row));
}

/// Those that the mailbox keeps.
std::vector<std::string> Sender::keywords_of(const journal::MessageRow& row) const {
  return plan::keep_flags(0, row.keywords, mailbox_.flags).keywords;
}

imap::AppendMessage Sender::to_append(const journal::MessageRow& row) {
  const bool without = goes_without_keywords(row);
  if (without)
    without_keywords_.insert(row.id);
  else
    without_keywords_.erase(row.id);
  plan::KeptFlags kept = plan::keep_flags(row.flags, without ? "" : row.keywords, mailbox_.flags);
  return {row.wire_size, kept.flags, std::move(kept.keywords), row.date};
}

Result<void> Sender::send_batch(Portion portion) {
  std::uint64_t bytes = 0;
  for (const journal::MessageRow& row : portion.rows) bytes += row.wire_size;
  if (const auto booked = context_.budget.book(portion.rows.size(), bytes); !booked) {
    desk_.order.done(portion.ticket);
    ending_ = booked.error();
    return ok();
  }
  const std::uint64_t number = next_batch_++;
  Batch& batch = in_flight_[number];
  batch.ticket = portion.ticket;
  batch.careful = portion.careful;
  batch.unanswered = portion.rows.size();
  batch.rows = std::make_shared<const Rows>(std::move(portion.rows));
  batch.bytes = bytes;
  journal::Intent intent{mailbox_.row.id, mailbox_.row.uid_validity, desk_.uid_floor(), {}};
  std::vector<imap::AppendMessage> messages;
  intent.messages.reserve(batch.rows->size());
  messages.reserve(batch.rows->size());
  for (const journal::MessageRow& row : *batch.rows) {
    intent.messages.push_back(row.id);
    messages.push_back(to_append(row));
  }
  MBOXFERRY_TRY(commit({std::move(intent)}));
  batch.begun = context_.clock.now();
  batch.ended = batch.begun;
  OrderedLiterals literals(*this, batch);
  const auto sent = target_.append(number, mailbox_.row.name, messages, literals);
  // An early NO may have been applied while the batch was on its way.
  if (const auto still = in_flight_.find(number); still != in_flight_.end())
    still->second.ended = context_.clock.now();
  return sent;
}

bool Sender::may_take() const { return !keep_order_ || desk_.order.may_take(connection_); }

bool Sender::is_at_turn(CommitOrder::Ticket ticket) const {
  return !keep_order_ || desk_.order.may_commit(ticket);
}

/// Takes answers while it waits: other connections may wait for them.
Result<void> Sender::wait_for_turn(CommitOrder::Ticket ticket) {
  const auto until = std::chrono::steady_clock::now() + kLongestTurn;
  while (!is_at_turn(ticket) && std::chrono::steady_clock::now() < until) {
    while (target_.answer_ready()) MBOXFERRY_TRY(receive_one());
    desk_.order.wait(kBetweenLooks);
  }
  return ok();
}

Result<void> Sender::look_for_answers() {
  if (!keep_order_) return ok();
  const auto now = std::chrono::steady_clock::now();
  if (now - looked_ < kBetweenLooks) return ok();
  looked_ = now;
  while (target_.answer_ready()) MBOXFERRY_TRY(receive_one());
  return ok();
}

Result<void> Sender::receive_one() {
  MBOXFERRY_ASSIGN(const imap::AppendOutcome outcome, target_.receive());
  crash_point("batch-answered");
  return apply(outcome);
}

Result<void> Sender::commit(std::vector<journal::Intent> intents) {
  pending_.intents = std::move(intents);
  // Written before the intents, it is durable no later than they are.
  if (const auto note = context_.budget.note_due())
    MBOXFERRY_TRY(context_.journal.set_note(kSentTodayNote, *note));
  MBOXFERRY_TRY(context_.steps.commit(std::exchange(pending_, {})));
  for (journal::MessageRow& row : std::exchange(aside_, {})) stream_.put_aside(std::move(row));
  return ok();
}

/// The connection is gone or the job stops: keep what is certain. Answers that came before the end
/// count; what was never sent completely cannot be on the server; the rest stays in doubt.
Result<void> Sender::abandon(Error error) {
  abandoning_ = true;
  pace_.trouble();
  while (!in_flight_.empty() && target_.answer_ready()) {
    const auto outcome = target_.receive();
    if (!outcome) break;
    const auto applied = apply(*outcome);
    if (!applied && applied.error().scope == ErrorScope::job) error = applied.error();
  }
  blame_for_the_end(error);
  for (const imap::Unanswered& part : target_.unanswered()) {
    const auto batch = in_flight_.find(part.batch);
    if (batch == in_flight_.end() || part.may_be_stored) continue;
    for (std::size_t i = part.first; i < part.first + part.count; ++i)
      pending_.planned_again.push_back((*batch->second.rows)[i].id);
  }
  for (const auto& [number, batch] : in_flight_) desk_.order.done(batch.ticket);
  in_flight_.clear();
  again_.clear();
  MBOXFERRY_TRY(commit({}));
  return ending_ && error.scope == ErrorScope::session ? *ending_ : error;
}

}  // namespace mboxferry::transfer
