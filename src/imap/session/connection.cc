// SPDX-License-Identifier: Apache-2.0
// A secured connection to a server and simple commands on it.
#include "imap/session/connection.h"

#include <algorithm>
#include <random>
#include <utility>

#include "imap/reply/response_codes.h"
#include "imap/session/login_refusal.h"
#include "imap/tls/errors.h"
#include "mboxferry/base/base64.h"
#include "mboxferry/base/time.h"
#include "mboxferry/base/words.h"

namespace mboxferry::imap {

using Kind = ReplyLine::Kind;
using Status = ReplyLine::Status;

namespace {

constexpr std::chrono::seconds kPatienceWithLost{20};
// A longer wait is told.
constexpr std::chrono::seconds kShortWait{10};

/// Nobody who writes mail can know a tag and have a reply to it forged.
std::string random_prefix() {
  std::string prefix;
  std::random_device random;
  for (int i = 0; i < 6; ++i) prefix += static_cast<char>('a' + random() % 26);
  return prefix;
}

// A server that has not greeted by then may be slow, or wait for the client's TLS.
constexpr std::chrono::seconds kSoonGreeted{4};

/// Asks on a connection of its own, on which nothing is said.
bool awaits_tls(const Account& account, const ConnectionOptions& options) {
  ConnectionOptions probe = options;
  probe.trace = {};
  probe.timeout = std::min<std::chrono::milliseconds>(options.timeout, kSoonGreeted);
  auto stream = TlsStream::connect(account, probe);
  return stream && (*stream)->start_tls(account, TlsFloor::any_probe);
}

Error speaks_tls_only(const std::string& label) {
  return tls_error(
      label + ": the server speaks TLS from the start on this port, and not STARTTLS",
      "leave out --tls starttls for this port, or name the port for STARTTLS, mostly 143");
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(const Account& account,
                                                     const ConnectionOptions& options) {
  Handshake handshake;
  auto connection = dial(account, options, TlsFloor::secure, handshake);
  if (connection || !handshake.legacy_suspected) return connection;
  // A second handshake, with nothing but old protocols and nothing said on it, names the cause.
  const auto probe = dial(account, options, TlsFloor::legacy_probe, handshake);
  if (!probe && probe.error().code == ErrorCode::interrupted) return probe.error();
  if (!probe) return connection;
  const std::string name = handshake.protocol == "TLSv1" ? "TLS 1.0" : "TLS 1.1";
  return tls_error(account.host + ":" + std::to_string(account.port) + ": the server offers only " +
                       name + ", which is not safe",
                   "mboxferry needs TLS 1.2 or later; the operator must enable it");
}

Result<std::unique_ptr<Connection>> Connection::dial(const Account& account,
                                                     const ConnectionOptions& options,
                                                     TlsFloor floor, Handshake& handshake) {
  if (!account.tls_pin.empty()) MBOXFERRY_TRY(parse_pin(account.tls_pin));
  std::unique_ptr<Connection> self(new Connection(account.label(), random_prefix()));
  ConnectionOptions own = options;
  if (floor == TlsFloor::legacy_probe) own.trace = {};
  MBOXFERRY_ASSIGN(auto stream, TlsStream::connect(account, options));
  TlsStream& tls = *stream;
  self->attach(std::move(stream), own);
  // A server may know the password, and say it before it is told.
  self->hide(account.password);
  const bool starttls = account.security == Security::starttls;
  if (starttls) {
    MBOXFERRY_ASSIGN(const bool greets, tls.readable_within(kSoonGreeted));
    if (!greets && awaits_tls(account, options)) return speaks_tls_only(self->label_);
    MBOXFERRY_TRY(self->read_greeting());
    MBOXFERRY_TRY(self->negotiate_starttls());
  }
  const auto secured = tls.start_tls(account, floor);
  handshake.legacy_suspected = tls.legacy_suspected();
  if (!secured) return secured.error();
  handshake.protocol = tls.protocol();
  if (floor == TlsFloor::legacy_probe) return self;
  if (options.trace) self->wire_->received.line("(" + tls.protocol() + ", " + tls.cipher() + ")");
  // What was said in plain text may have been said by anyone.
  if (starttls) {
    MBOXFERRY_TRY(self->ask_capabilities());
  } else {
    MBOXFERRY_TRY(self->read_greeting());
  }
  tls.opened();
  return self;
}

Result<std::unique_ptr<Connection>> Connection::open_on(std::unique_ptr<ByteStream> stream,
                                                        const ConnectionOptions& options,
                                                        const std::string& label,
                                                        const std::string& tag_prefix) {
  std::unique_ptr<Connection> self(new Connection(label, tag_prefix));
  self->attach(std::move(stream), options);
  MBOXFERRY_TRY(self->read_greeting());
  return self;
}

void Connection::attach(std::unique_ptr<ByteStream> stream, const ConnectionOptions& options) {
  tell_ = options.tell;
  pipelining_ = options.pipelining;
  on_lost_input_ = options.on_lost_input;
  timeout_ = options.timeout;
  interrupt_ = options.interrupt;
  stream_ = std::make_unique<WireStream>(std::move(stream), options.timeout);
  wire_ = std::unique_ptr<Wire>(
      new Wire{*stream_, WireTrace("C: ", options.trace), WireTrace("S: ", options.trace)});
  reader_ = std::make_unique<ReplyReader>(*wire_, label_);
}

Result<void> Connection::read_greeting() {
  MBOXFERRY_ASSIGN(const ReplyLine reply, reader_->next());
  look_for_alert(reply);
  if (reply.kind != Kind::untagged || reply.status == Status::none) {
    return fail(protocol_error(label_, "no greeting but \"" + printed(reply.text) + "\""));
  }
  if (reply.status == Status::preauth) {
    return fail(tls_error(label_ + ": the server says that somebody is logged in already (PREAUTH)",
                          "whoever answers there is not to be trusted with mail"));
  }
  if (reply.status != Status::ok) return goodbye(reply);
  return read_capabilities(reply);
}

Result<void> Connection::negotiate_starttls() {
  if (!capabilities_.starttls) {
    return fail(tls_error(label_ + ": the server does not offer STARTTLS on this port",
                          "use port 993 with TLS from the start; mboxferry never sends mail or "
                          "passwords in plain text"));
  }
  MBOXFERRY_ASSIGN(const ReplyLine reply, command("STARTTLS"));
  if (reply.status != Status::ok) {
    return fail(tls_error(label_ + ": the server refuses STARTTLS: " + printed(reply.text)));
  }
  if (reader_->has_unread_bytes() || stream_->readable_now()) {
    return fail(tls_error(label_ + ": the server, or somebody between, sent more in plain text "
                                   "after its STARTTLS reply",
                          "someone may be tampering with the connection; use port 993"));
  }
  capabilities_ = {};
  return ok();
}

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

Result<void> Connection::read_capabilities(const ReplyLine& reply,
                                           const std::optional<CapabilityList>& told_before) {
  if (same_word(reply.code, "CAPABILITY")) {
    capabilities_ = parse_capabilities(reply.code_arguments);
    return ok();
  }
  if (!told_before) return ask_capabilities();
  capabilities_ = *told_before;
  return ok();
}

Result<void> Connection::ask_capabilities() {
  // Before the login, all of it has 30 s (TlsStream::kOpeningTime).
  constexpr std::chrono::milliseconds kLongestWait{10'000};
  bool seen = false;
  const auto listed = [&](const ReplyLine& data) {
    if (same_word(data.name, "CAPABILITY")) {
      capabilities_ = parse_capabilities(data.text);
      seen = true;
    }
    return ok();
  };
  for (Pleas pleas;;) {
    MBOXFERRY_ASSIGN(const ReplyLine reply, command("CAPABILITY", listed));
    if (reply.status == Status::ok && seen) return ok();
    if (!asks_for_patience(reply))
      return fail(protocol_error(label_, "it does not tell its capabilities"));
    const auto pause = pleas.wait_after(reply);
    if (!pause || *pause > kLongestWait)
      return fail(refusal("CAPABILITY", reply, ErrorScope::session));
    MBOXFERRY_TRY(wait(*pause));
  }
}

Result<void> Connection::enable_utf8() {
  static constexpr std::string_view kUtf8 = "UTF8=ACCEPT";
  if (!capabilities_.enable || !capabilities_.utf8) return ok();
  const auto listed = [this](const ReplyLine& data) {
    if (!same_word(data.name, "ENABLED")) return ok();
    std::string_view words = data.text;
    while (!words.empty()) {
      utf8_enabled_ = same_word(take_word(words), kUtf8) || utf8_enabled_;
    }
    return ok();
  };
  const auto confirmed = [this](const ReplyLine& reply) {
    utf8_asked_ = false;
    if (utf8_enabled_ && reply.status == Status::ok) name_form_ = NameForm::utf8;
    return ok();
  };
  utf8_asked_ = true;
  return command_before_others("ENABLE UTF8=ACCEPT", listed, confirmed);
}

Result<void> Connection::introduce_itself() {
  if (!capabilities_.id) return ok();
  return command_before_others("ID (\"name\" \"mboxferry\")", {}, {});
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
