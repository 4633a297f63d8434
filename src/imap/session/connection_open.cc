// SPDX-License-Identifier: Apache-2.0
// How a connection begins: TLS, greeting, capabilities, what both sides agree on.
#include <algorithm>
#include <random>
#include <utility>

#include "imap/reply/response_codes.h"
#include "imap/session/connection.h"
#include "imap/session/login_refusal.h"
#include "imap/tls/errors.h"
#include "mboxferry/base/words.h"

namespace mboxferry::imap {

using Kind = ReplyLine::Kind;
using Status = ReplyLine::Status;

namespace {

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

}  // namespace mboxferry::imap
