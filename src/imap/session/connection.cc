// SPDX-License-Identifier: Apache-2.0
// A secured connection to a server and simple commands on it.
#include "imap/session/connection.h"

#include <algorithm>
#include <utility>

#include "imap/reply/response_codes.h"
#include "imap/session/login_refusal.h"
#include "imap/tls/errors.h"
#include "mboxferry/base/time.h"
#include "mboxferry/base/words.h"

namespace mboxferry::imap {

using Kind = ReplyLine::Kind;
using Status = ReplyLine::Status;

namespace {

constexpr std::chrono::seconds kPatienceWithLost{20};
// A longer wait is told.
constexpr std::chrono::seconds kShortWait{10};

}  // namespace

std::string Connection::next_tag() { return tag_prefix_ + std::to_string(++tags_); }

Result<void> Connection::send(std::string_view bytes, std::string_view shown) {
  if (!shown.empty()) wire_->sent.line(shown);
  MBOXFERRY_TRY(send_part(bytes));
  return stream_->flush();
}

Result<void> Connection::send_part(std::string_view bytes) { return stream_->write(bytes); }

Result<void> Connection::send_lines(std::string_view lines) {
  MBOXFERRY_TRY(give_again());
  return send_lines_now(lines);
}

Result<void> Connection::send_lines_now(std::string_view lines) {
  if (pipelining_) {
    watch_over(lines);
    wire_->sent.feed(lines);
    return send(lines, {});
  }
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size() - 1) + 1;
    lines_to_send_.emplace_back(lines.substr(0, end));
    lines.remove_prefix(end);
  }
  return unanswered_.empty() ? send_next_line() : ok();
}

Result<void> Connection::send_next_line() {
  if (lines_to_send_.empty()) return ok();
  const std::string line = std::move(lines_to_send_.front());
  lines_to_send_.pop_front();
  unanswered_.push_back({line.substr(0, line.find(' ')), false});
  wire_->sent.feed(line);
  return send(line, {});
}

/// Until a command that was sent behind another one was answered, its silence is not waited for as
/// long as that of a busy server.
void Connection::watch_over(std::string_view lines) {
  if (proven_) return;
  for (bool behind = false; !lines.empty(); behind = true) {
    unanswered_.push_back({std::string(lines.substr(0, lines.find(' '))), behind});
    lines.remove_prefix(std::min(lines.find('\n'), lines.size() - 1) + 1);
  }
}

bool Connection::waits_behind() const {
  return pipelining_ && std::any_of(unanswered_.begin(), unanswered_.end(),
                                    [](const SentLine& sent) { return sent.behind; });
}

void Connection::note_reply(const ReplyLine& reply) {
  if (reply.kind != Kind::tagged || unanswered_.empty()) return;
  const auto answered = std::find_if(unanswered_.begin(), unanswered_.end(),
                                     [&](const SentLine& sent) { return sent.tag == reply.tag; });
  if (answered == unanswered_.end()) return;
  proven_ = proven_ || answered->behind;
  unanswered_.erase(answered);
  // What goes wrong here is found by whoever reads next.
  if (!pipelining_) return static_cast<void>(send_next_line());
  if (proven_) unanswered_.clear();
  stream_->set_timeout(
      waits_behind() ? std::min<std::chrono::milliseconds>(timeout_, kPatienceWithLost) : timeout_);
}

Result<ReplyLine> Connection::read_reply() {
  auto reply = reader_->next();
  if (reply) {
    note_reply(*reply);
    if (says_not_connected(*reply)) return fail(not_connected_error(label_, printed(reply->text)));
    return reply;
  }
  if (!waits_behind() || reply.error().code != ErrorCode::unavailable) return reply;
  if (on_lost_input_) on_lost_input_();
  Error error = reply.error();
  error.what += "; it may have lost a command that was sent behind another one";
  error.hint = "if this happens again, use --no-pipelining";
  return fail(std::move(error));
}

Result<void> Connection::command_in_background(std::string_view text, Visitor data, Visitor done) {
  const std::string tag = next_tag();
  const std::string line = tag + " " + std::string(text) + "\r\n";
  MBOXFERRY_TRY(send_lines(line));
  background_.push_back({tag, std::move(data), std::move(done)});
  return ok();
}

Result<void> Connection::command_before_others(std::string_view text, Visitor data, Visitor done) {
  return give({{}, std::move(data), std::move(done), std::string(text)});
}

Result<void> Connection::give(Background command) {
  command.tag = next_tag();
  MBOXFERRY_TRY(send_lines_now(command.tag + " " + command.text + "\r\n"));
  background_.push_back(std::move(command));
  return ok();
}

/// What the server put off, once the time that it asked for is over.
Result<void> Connection::give_again() {
  const auto now = std::chrono::steady_clock::now();
  if (hold_ > now) MBOXFERRY_TRY(wait(std::chrono::ceil<std::chrono::milliseconds>(hold_ - now)));
  for (Background& command : std::exchange(put_off_, {})) MBOXFERRY_TRY(give(std::move(command)));
  return ok();
}

std::optional<std::uint64_t> Connection::fetch_limit() const {
  const auto seen = knowledge_ ? knowledge_->page_limit() : std::nullopt;
  if (!seen) return message_limit();
  return std::min(*seen, message_limit().value_or(*seen));
}

void Connection::note_cut_page(std::size_t shown) {
  if (knowledge_) knowledge_->learn_cut_page(shown);
}

bool Connection::hold_for(const ReplyLine& reply) {
  const auto wait = Pleas().wait_after(reply);
  // Longer ones are for whoever can tell the user meanwhile.
  if (!wait || *wait > kShortWait) return false;
  hold_ = std::max(hold_, std::chrono::steady_clock::now() + *wait);
  return true;
}

Result<void> Connection::wait(std::chrono::milliseconds duration) const {
  constexpr std::chrono::milliseconds kStep{50};
  const auto until = std::chrono::steady_clock::now() + duration;
  while (std::chrono::steady_clock::now() < until) {
    if (interrupt_ != nullptr && interrupt_->requested()) return interrupted_error(label_);
    system_clock().sleep(kStep);
  }
  return ok();
}

/// RFC 3501 section 7.1: to be shown to the user, whatever status it comes with.
void Connection::look_for_alert(const ReplyLine& reply) {
  constexpr std::size_t kMost = 2000;
  const bool web = same_word(reply.code, "WEBALERT");
  if (!web && !same_word(reply.code, "ALERT")) return;
  std::string words = printed(reply.text);
  if (web) words += (words.empty() ? "" : " ") + printed(reply.code_arguments);
  if (alerts_.size() + words.size() > kMost || alerts_.find(words) != std::string::npos) return;
  alerts_ += (alerts_.empty() ? "" : "; ") + words;
  tell(label_ + " says: " + words);
}

void Connection::note_words(const ReplyLine& reply) {
  constexpr std::size_t kMost = 2000;
  const std::string words = printed(reply.text);
  const bool is_new = !words.empty() && alerts_.find(words) == std::string::npos;
  if (is_new && alerts_.size() + words.size() <= kMost)
    alerts_ += (alerts_.empty() ? "" : "; ") + words;
}

Result<bool> Connection::goes_to_background(const ReplyLine& reply) {
  look_for_alert(reply);
  if (background_.empty()) return false;
  if (reply.kind == Kind::untagged && reply.status == Status::none) {
    if (background_.front().data) MBOXFERRY_TRY(background_.front().data(reply));
    return false;
  }
  const auto command = std::find_if(background_.begin(), background_.end(),
                                    [&](const Background& sent) { return sent.tag == reply.tag; });
  if (reply.kind != Kind::tagged || command == background_.end()) return false;
  Background given = std::move(*command);
  background_.erase(command);
  const auto wait = given.text.empty() ? std::nullopt : given.pleas.wait_after(reply);
  if (wait) {
    if (*wait > kShortWait)
      tell(refusal(given.text.substr(0, given.text.find(' ')), reply).what + "; given again in " +
           std::to_string(wait->count() / 1000) + " s");
    hold_ = std::max(hold_, std::chrono::steady_clock::now() + *wait);
    put_off_.push_back(std::move(given));
    return true;
  }
  if (given.done) MBOXFERRY_TRY(given.done(reply));
  return true;
}

Result<void> Connection::settle_background() {
  while (!background_.empty()) MBOXFERRY_TRY(read_for_others());
  return ok();
}

Result<NameForm> Connection::settled_name_form() {
  while (utf8_asked_) {
    MBOXFERRY_TRY(give_again());
    MBOXFERRY_TRY(read_for_others());
  }
  return name_form_;
}

Result<void> Connection::read_for_others() {
  MBOXFERRY_ASSIGN(const ReplyLine reply, read_reply());
  MBOXFERRY_ASSIGN(const bool taken, goes_to_others(reply));
  if (taken) return ok();
  if (reply.status == Status::bye) return goodbye(reply);
  if (reply.kind == Kind::untagged) return ok();
  return fail(protocol_error(label_, "a reply to a command that was never given"));
}

Result<bool> Connection::goes_to_others(const ReplyLine& reply) {
  MBOXFERRY_ASSIGN(const bool taken, goes_to_background(reply));
  if (taken || owner_ == nullptr || !owner_->owns(reply)) return taken;
  MBOXFERRY_TRY(owner_->handle(reply));
  return true;
}

Result<ReplyLine> Connection::next_unowned_reply() {
  for (;;) {
    MBOXFERRY_ASSIGN(const ReplyLine reply, read_reply());
    MBOXFERRY_ASSIGN(const bool taken, goes_to_others(reply));
    if (!taken) return reply;
  }
}

Result<ReplyLine> Connection::next_reply() {
  for (;;) {
    MBOXFERRY_ASSIGN(const ReplyLine reply, read_reply());
    MBOXFERRY_ASSIGN(const bool taken, goes_to_background(reply));
    if (!taken) return reply;
  }
}

Result<std::optional<ReplyLine>> Connection::next_reply_if_there() {
  for (;;) {
    MBOXFERRY_ASSIGN(const auto reply, reader_->next_if_there());
    if (!reply) return reply;
    note_reply(*reply);
    MBOXFERRY_ASSIGN(const bool taken, goes_to_background(*reply));
    if (!taken) return reply;
  }
}

Result<ReplyLine> Connection::command(std::string_view text, const Visitor& visit) {
  MBOXFERRY_TRY(finish_reply());
  const std::string tag = next_tag();
  MBOXFERRY_TRY(send_lines(tag + " " + std::string(text) + "\r\n"));
  return await(tag, visit);
}

Result<ReplyLine> Connection::await(std::string_view tag, const Visitor& visit) {
  for (;;) {
    MBOXFERRY_ASSIGN(const ReplyLine reply, next_unowned_reply());
    if (reply.kind == Kind::continuation) return fail(protocol_error(label_, "an unasked \"+\""));
    if (reply.kind == Kind::tagged) {
      if (reply.tag == tag) return reply;
      return fail(protocol_error(label_, "a reply to a command that was never given"));
    }
    if (reply.status == Status::bye) return goodbye(reply);
    if (visit) MBOXFERRY_TRY(visit(reply));
  }
}

Result<ReplyLine> Connection::await_continuation(std::string_view tag, const Visitor& visit) {
  for (;;) {
    MBOXFERRY_ASSIGN(const ReplyLine reply, next_unowned_reply());
    if (reply.kind == Kind::continuation) return reply;
    if (reply.kind == Kind::tagged) {
      if (reply.tag == tag) return reply;
      return fail(protocol_error(label_, "a reply to a command that was never given"));
    }
    if (reply.status == Status::bye) return goodbye(reply);
    if (visit) MBOXFERRY_TRY(visit(reply));
  }
}

Result<void> Connection::finish_reply() {
  if (stream_->failure() && !reader_->in_the_middle()) return *stream_->failure();
  if (reader_->in_the_middle()) {
    MBOXFERRY_ASSIGN(const ReplyLine reply, read_reply());
    MBOXFERRY_ASSIGN(const bool taken, goes_to_others(reply));
    if (!taken && reply.status == Status::bye) return goodbye(reply);
  }
  return ok();
}

Error Connection::goodbye(const ReplyLine& reply) {
  const Meaning meaning = meaning_of(reply.code, reply.text);
  Error error = connection_error(label_ + ": the server said goodbye: " + printed(reply.text));
  if (meaning.retry.when == Retry::When::later) {
    error.code = ErrorCode::try_later;
    error.retry = meaning.retry;
  }
  return fail(error);
}

void Connection::hide(const Secret& secret) {
  secrets_.hide(secret);
  wire_->sent.hide(secret);
  wire_->received.hide(secret);
}

void Connection::hide_challenges(bool hidden) { wire_->received.hide_challenges(hidden); }

std::string Connection::printed(std::string_view text) const {
  return printable(secrets_.masked(text));
}

Error Connection::refusal(const std::string& doing, const std::string& mailbox,
                          const ReplyLine& reply) const {
  return refusal(doing + " mailbox \"" + printable(mailbox) + "\"", reply);
}

Error Connection::refusal(const std::string& doing, const ReplyLine& reply,
                          ErrorScope scope) const {
  const Meaning meaning = meaning_of(reply.code, reply.text);
  const bool later = meaning.retry.when == Retry::When::later;
  return {later ? ErrorCode::try_later : ErrorCode::refused,
          label_ + ": " + doing + " refused: " + printed(reply.text), "", scope, meaning.retry};
}

Result<void> Connection::look_for_news() {
  MBOXFERRY_ASSIGN(const ReplyLine reply, command("NOOP"));
  if (reply.status == Status::ok) return ok();
  Error error = refusal("NOOP", reply);
  return error.code == ErrorCode::try_later ? Result<void>(std::move(error)) : ok();
}

Result<bool> Connection::compress(bool on) {
  if (stream_->compressed()) {
    stream_->compress(on);
    return on;
  }
  if (!on || !capabilities_.shared.compress || compression_refused_) return false;
  MBOXFERRY_TRY(settle_background());
  MBOXFERRY_ASSIGN(const ReplyLine reply, command("COMPRESS DEFLATE"));
  if (reply.status != Status::ok) {
    compression_refused_ = true;
    return false;
  }
  MBOXFERRY_TRY(stream_->start_compression(reader_->take_unread()));
  return true;
}

void Connection::trace_sent(std::string_view lines) {
  while (lines.ends_with('\n') || lines.ends_with('\r')) lines.remove_suffix(1);
  wire_->sent.line(lines);
}

Error Connection::fail(Error error) {
  stream_->fail(error);
  return error;
}

}  // namespace mboxferry::imap
