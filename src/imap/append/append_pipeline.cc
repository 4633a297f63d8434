// SPDX-License-Identifier: Apache-2.0
// Sends APPEND commands ahead of their replies.
#include "imap/append/append_pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "imap/reply/response_codes.h"
#include "imap/tls/errors.h"
#include "mboxferry/base/crash_point.h"
#include "mboxferry/base/words.h"

namespace mboxferry::imap {
namespace {

using Kind = ReplyLine::Kind;
using Status = ReplyLine::Status;

constexpr std::uint64_t kLiteralMinusLimit = 4096;  // RFC 7888 section 5

/// An OK to `count` messages together that speaks of fewer.
bool names_fewer(const ReplyLine& reply, std::size_t count) {
  if (count > 1 && same_word(reply.code, "MESSAGELIMIT")) return true;
  if (!same_word(reply.code, "APPENDUID") || parse_append_uid(reply.code_arguments, count))
    return false;
  for (std::size_t fewer = 1; fewer < count; ++fewer)
    if (parse_append_uid(reply.code_arguments, fewer)) return true;
  return false;
}

}  // namespace

AppendPipeline::AppendPipeline(Connection& connection, AppendMode mode,
                               std::shared_ptr<ServerKnowledge> knowledge, std::size_t flight)
    : connection_(connection), mode_(mode), knowledge_(std::move(knowledge)), flight_(flight) {
  connection_.set_reply_owner(this);
}

AppendPipeline::~AppendPipeline() { connection_.set_reply_owner(nullptr); }

Result<void> AppendPipeline::append(std::uint64_t batch, const std::string& quoted_mailbox,
                                    std::span<const AppendMessage> messages,
                                    LiteralSource& literals) {
  const bool together = mode_ == AppendMode::multiappend && !careful_;
  const std::size_t step = together ? std::max<std::size_t>(messages.size(), 1) : 1;
  const auto failed = [&](std::size_t not_begun, Error error) {
    // A command that never began is unanswered all the same.
    if (not_begun < messages.size()) {
      in_flight_.push_back({"", batch, not_begun, messages.size() - not_begun});
    }
    buffer_.clear();
    return connection_.fail(std::move(error));
  };
  for (std::size_t first = 0; first < messages.size(); first += step) {
    const std::size_t count = std::min(step, messages.size() - first);
    if (auto sent = send_command(batch, quoted_mailbox, messages, first, count, literals); !sent) {
      return failed(first + count, std::move(sent).error());
    }
    if (connection_.pipelining() || first + count == messages.size()) continue;
    auto answered = flush();
    if (answered) answered = connection_.stream().flush();
    if (answered) answered = settle();
    if (!answered) return failed(first + count, std::move(answered).error());
  }
  auto flushed = flush();
  if (flushed) flushed = connection_.stream().flush();
  if (!flushed) return failed(messages.size(), std::move(flushed).error());
  crash_point("batch-sent");
  return ok();
}

Result<void> AppendPipeline::send_command(std::uint64_t batch, const std::string& quoted_mailbox,
                                          std::span<const AppendMessage> messages,
                                          std::size_t first, std::size_t count,
                                          LiteralSource& literals) {
  const std::string tag = connection_.next_tag();
  in_flight_.push_back({tag, batch, first, count});
  std::string head = tag + " APPEND " + quoted_mailbox;
  for (std::size_t i = first; i < first + count; ++i) {
    const AppendMessage& message = messages[i];
    // After an early NO nobody knows what the server takes the next head for.
    if (!is_in_flight(tag)) {
      return connection_error(connection_.label() +
                              ": the server refused an APPEND before its end");
    }
    const LiteralKind kind = literal_kind(message, quoted_mailbox);
    sent_at_once_ = sent_at_once_ || kind == LiteralKind::non_synchronizing;
    MBOXFERRY_ASSIGN(const std::string arguments,
                     append_arguments(message, knowledge_->wants_flag_list()));
    if (message.flags == 0 && message.keywords.empty()) in_flight_.back().without_flags = true;
    head += arguments + literal_announcement(message.wire_size, kind);
    connection_.trace_sent(head);
    MBOXFERRY_TRY(put(head));
    head.clear();
    if (kind == LiteralKind::synchronizing) {
      MBOXFERRY_ASSIGN(const Go go, wait_for_go(tag));
      if (go == Go::no) return ok();
      knowledge_->learn(quoted_mailbox, message);
    }
    MBOXFERRY_TRY(send_literal(message, i, i == first, literals));
  }
  if (!literals.approves_at_once()) MBOXFERRY_TRY(flush());
  MBOXFERRY_TRY(literals.approve());
  crash_point("batch-last-byte", [this] { static_cast<void>(flush()); });
  return end_command(tag);
}

/// Decided before a byte of the end is in the buffer: putting it there may flush.
Result<void> AppendPipeline::end_command(std::string_view tag) {
  const auto command = std::find_if(in_flight_.begin(), in_flight_.end(),
                                    [&](const Command& sent) { return sent.tag == tag; });
  if (command != in_flight_.end()) command->ended = true;
  // The invariant of exactly once: no byte of a command's end leaves before the command counts.
  assert(command == in_flight_.end() || command->ended);
  // The server still reads a command that it has refused early (RFC 7888 section 4).
  return put("\r\n");
}

bool AppendPipeline::is_in_flight(std::string_view tag) const {
  return std::any_of(in_flight_.begin(), in_flight_.end(),
                     [&](const Command& sent) { return sent.tag == tag; });
}

Result<void> AppendPipeline::send_literal(const AppendMessage& message, std::size_t index,
                                          bool first_of_command, LiteralSource& literals) {
  std::uint64_t left = message.wire_size;
  bool first_piece = first_of_command;
  const LiteralWriter writer = [&](std::string_view piece) -> Result<void> {
    if (piece.size() > left) {
      return Error{ErrorCode::internal, "a message is longer than announced", "",
                   ErrorScope::session};
    }
    left -= piece.size();
    MBOXFERRY_TRY(put(piece));
    if (std::exchange(first_piece, false)) {
      crash_point("batch-half-sent", [this] { static_cast<void>(flush()); });
    }
    return ok();
  };
  MBOXFERRY_TRY(literals.write(index, writer));
  if (left > 0) {
    return Error{ErrorCode::internal, "a message is shorter than announced", "",
                 ErrorScope::session};
  }
  return ok();
}

LiteralKind AppendPipeline::literal_kind(const AppendMessage& message,
                                         const std::string& quoted_mailbox) const {
  const bool allowed =
      mode_ == AppendMode::multiappend || mode_ == AppendMode::literal_plus ||
      (mode_ == AppendMode::literal_minus && message.wire_size <= kLiteralMinusLimit);
  const bool known = allowed && !careful_ && knowledge_->covers(quoted_mailbox, message);
  return known ? LiteralKind::non_synchronizing : LiteralKind::synchronizing;
}

Result<AppendPipeline::Go> AppendPipeline::wait_for_go(const std::string& tag) {
  MBOXFERRY_TRY(flush());
  for (;;) {
    MBOXFERRY_ASSIGN(const ReplyLine reply, connection_.next_reply());
    if (reply.kind == Kind::continuation) return Go::yes;
    const bool ours = reply.kind == Kind::tagged && reply.tag == tag;
    if (ours && reply.status == Status::ok) {
      return connection_.fail(protocol_error(connection_.label(), "OK to half an APPEND"));
    }
    MBOXFERRY_TRY(handle(reply));
    if (ours) return Go::no;
  }
}

Result<void> AppendPipeline::put(std::string_view bytes) {
  if (buffer_.capacity() < flight_) buffer_.reserve(flight_);
  while (buffer_.size() + bytes.size() >= flight_) {
    const std::size_t taken = flight_ - buffer_.size();
    buffer_ += bytes.substr(0, taken);
    bytes.remove_prefix(taken);
    MBOXFERRY_TRY(flush());
  }
  buffer_ += bytes;
  return ok();
}

Result<void> AppendPipeline::flush() {
  // A BAD that is already here forbids every further byte.
  MBOXFERRY_TRY(take_replies());
  if (buffer_.empty()) return ok();
  for (Command& command : in_flight_) command.may_be_stored |= command.ended;
  auto sent = connection_.send_part(buffer_);
  buffer_.clear();
  return sent;
}

Result<void> AppendPipeline::take_replies() {
  if (bad_) return connection_.fail(connection_error(connection_.label() + ": closed"));
  for (;;) {
    MBOXFERRY_ASSIGN(const auto reply, connection_.next_reply_if_there());
    if (!reply) return ok();
    if (reply->kind == Kind::continuation) return unasked_continuation();
    MBOXFERRY_TRY(handle(*reply));
  }
}

/// Some servers ask for literals that do not wait for it. Which of them it asks for cannot be known
/// then, so that the next connections send those that wait.
Error AppendPipeline::unasked_continuation() {
  if (sent_at_once_ && !in_flight_.empty()) {
    knowledge_->learn_append_mode(AppendMode::synchronizing);
    return connection_.fail(connection_error(
        connection_.label() + ": it asked for a literal that does not wait for that (LITERAL+)"));
  }
  return connection_.fail(protocol_error(connection_.label(), "an unasked \"+\""));
}

/// A BAD without a tag of ours may well answer a command of ours.
bool AppendPipeline::owns(const ReplyLine& reply) const {
  if (in_flight_.empty()) return false;
  return reply.status == Status::bad || (reply.kind == Kind::tagged && is_in_flight(reply.tag));
}

Result<void> AppendPipeline::handle(const ReplyLine& reply) {
  if (reply.status == Status::bad) return handle_bad(reply);
  if (reply.kind == Kind::tagged) return handle_tagged(reply);
  if (reply.status == Status::bye) return connection_.goodbye(reply);
  return ok();
}

Result<void> AppendPipeline::handle_tagged(const ReplyLine& reply) {
  const auto command = std::find_if(in_flight_.begin(), in_flight_.end(),
                                    [&](const Command& sent) { return sent.tag == reply.tag; });
  if (command == in_flight_.end()) {
    return connection_.fail(
        protocol_error(connection_.label(), "a reply to a command that was never given"));
  }
  if (reply.status == Status::ok && names_fewer(reply, command->count)) {
    // Which of them it has is found out as after a lost answer.
    knowledge_->learn_append_mode(AppendMode::literal_plus);
    return connection_.fail(connection_error(fmt::format(
        "{}: it said OK to {} messages together (MULTIAPPEND) and named fewer that it has stored",
        connection_.label(), command->count)));
  }
  if (reply.status == Status::ok && !command->may_be_stored) {
    return connection_.fail(protocol_error(connection_.label(), "OK to half an APPEND"));
  }
  AppendOutcome outcome;
  outcome.batch = command->batch;
  outcome.first = command->first;
  outcome.count = command->count;
  outcome.text = connection_.printed(reply.text);
  if (reply.status == Status::ok) {
    outcome.kind = AppendOutcome::Kind::stored;
    if (same_word(reply.code, "APPENDUID")) {
      if (auto stored = parse_append_uid(reply.code_arguments, command->count)) {
        outcome.uid_validity = stored->uid_validity;
        outcome.uids = std::move(stored->uids);
      }
    }
  } else if (reply.status == Status::no) {
    const Meaning meaning = meaning_of(reply.code, reply.text);
    outcome.kind = AppendOutcome::Kind::refused;
    outcome.code = meaning.code;
    outcome.name = meaning.name;
    outcome.retry = meaning.retry;
    outcome.fault = meaning.fault;
  } else {
    return connection_.fail(protocol_error(connection_.label(), "neither OK nor NO nor BAD"));
  }
  in_flight_.erase(command);
  outcomes_.push_back(std::move(outcome));
  return ok();
}

Error AppendPipeline::handle_bad(const ReplyLine& reply) {
  AppendOutcome outcome;
  outcome.kind = AppendOutcome::Kind::bad;
  const Meaning meaning = meaning_of(reply.code, reply.text);
  outcome.code = meaning.code == ResponseCode::none ? ResponseCode::bad : meaning.code;
  outcome.name = meaning.name;
  outcome.retry = meaning.retry;
  outcome.fault = meaning.fault;
  outcome.text = connection_.printed(reply.text);
  buffer_.clear();
  bad_ = true;
  knowledge_->forget();
  Error error = connection_error(connection_.label() +
                                 ": the server answered BAD to an APPEND: " + outcome.text);
  // A BAD without a tag of ours answers what went out first.
  auto command = std::find_if(in_flight_.begin(), in_flight_.end(),
                              [&](const Command& sent) { return sent.tag == reply.tag; });
  if (command == in_flight_.end()) command = in_flight_.begin();
  if (command != in_flight_.end()) {
    if (command->without_flags) knowledge_->learn_flag_list();
    outcome.batch = command->batch;
    outcome.first = command->first;
    outcome.count = command->count;
    // It stays unanswered: whether any of it can be stored is what unanswered() tells.
    outcomes_.push_back(std::move(outcome));
  }
  return connection_.fail(error);
}

Result<AppendOutcome> AppendPipeline::receive() {
  while (outcomes_.empty()) {
    if (in_flight_.empty()) {
      return Error{ErrorCode::internal, "nothing is unanswered", "", ErrorScope::session};
    }
    if (bad_) return connection_.fail(connection_error(connection_.label() + ": closed"));
    MBOXFERRY_ASSIGN(const ReplyLine reply, connection_.next_reply());
    if (reply.kind == Kind::continuation) return unasked_continuation();
    // A BAD is an outcome first, and the end of the connection for the next call.
    if (const auto handled = handle(reply); !handled && outcomes_.empty()) return handled.error();
  }
  AppendOutcome outcome = std::move(outcomes_.front());
  outcomes_.pop_front();
  return outcome;
}

bool AppendPipeline::answer_ready() {
  if (!outcomes_.empty()) return true;
  if (in_flight_.empty()) return false;
  return !take_replies() || !outcomes_.empty();
}

std::vector<Unanswered> AppendPipeline::unanswered() const {
  std::vector<Unanswered> all;
  for (const Command& command : in_flight_) {
    all.push_back({command.batch, command.first, command.count, command.may_be_stored});
  }
  return all;
}

Result<void> AppendPipeline::settle() {
  while (!in_flight_.empty() && !bad_) {
    MBOXFERRY_ASSIGN(const ReplyLine reply, connection_.next_reply());
    if (reply.kind == Kind::continuation) return unasked_continuation();
    MBOXFERRY_TRY(handle(reply));
  }
  return ok();
}

}  // namespace mboxferry::imap
