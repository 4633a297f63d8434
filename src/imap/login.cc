// SPDX-License-Identifier: Apache-2.0
// Logging in: SASL PLAIN (RFC 4616) where offered, else LOGIN with literals, which carry any byte.
#include "imap/login.h"

#include <unistd.h>

#include <cstdlib>
#include <initializer_list>

#include "imap/errors.h"
#include "imap/response_codes.h"
#include "imap/text.h"

namespace mboxferry::imap {
namespace {

using Kind = ReplyLine::Kind;
using Status = ReplyLine::Status;

// Servers cut longer command lines.
constexpr std::size_t kLongestInitialResponse = 4000;

/// One string from parts, without copies left behind by growing.
std::string joined(std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (const std::string_view part : parts) size += part.size();
  std::string whole;
  whole.reserve(size);
  for (const std::string_view part : parts) whole += part;
  return whole;
}

Result<ReplyLine> say_plain(Connection& connection, const Account& account,
                            const Connection::Visitor& visit) {
  using namespace std::string_view_literals;
  const Secret plain(joined({"\0"sv, account.user, "\0"sv, account.password.reveal()}));
  const Secret encoded(base64(plain.reveal()));
  connection.hide(encoded);
  MBOXFERRY_TRY(connection.finish_reply());
  const std::string tag = connection.next_tag();
  const std::string head = tag + " AUTHENTICATE PLAIN";
  if (connection.capabilities().sasl_ir && encoded.reveal().size() <= kLongestInitialResponse) {
    const Secret line(joined({head, " ", encoded.reveal(), "\r\n"}));
    MBOXFERRY_TRY(connection.send(line.reveal(), head + " ***"));
  } else {
    MBOXFERRY_TRY(connection.send(head + "\r\n", head));
    MBOXFERRY_ASSIGN(const ReplyLine go, connection.await_continuation(tag));
    if (go.kind == Kind::tagged) return go;
    const Secret answer(joined({encoded.reveal(), "\r\n"}));
    MBOXFERRY_TRY(connection.send(answer.reveal(), "***"));
  }
  return connection.await(tag, visit);
}

Result<ReplyLine> say_login(Connection& connection, const Account& account,
                            const Connection::Visitor& visit) {
  MBOXFERRY_TRY(connection.finish_reply());
  const std::string tag = connection.next_tag();
  const std::string head = tag + " LOGIN {" + std::to_string(account.user.size()) + "}\r\n";
  MBOXFERRY_TRY(connection.send(head, tag + " LOGIN ***"));
  MBOXFERRY_ASSIGN(const ReplyLine first, connection.await_continuation(tag));
  if (first.kind == Kind::tagged) return first;
  const std::string_view password = account.password.reveal();
  const std::string user = account.user + " {" + std::to_string(password.size()) + "}\r\n";
  MBOXFERRY_TRY(connection.send(user, "***"));
  MBOXFERRY_ASSIGN(const ReplyLine second, connection.await_continuation(tag));
  if (second.kind == Kind::tagged) return second;
  const Secret line(joined({password, "\r\n"}));
  MBOXFERRY_TRY(connection.send(line.reveal(), "***"));
  return connection.await(tag, visit);
}

Error refusal(Connection& connection, const Account& account, const ReplyLine& reply) {
  const Meaning meaning = meaning_of(reply.code, reply.text);
  std::string words = connection.printed(reply.text);
  // What to do often stands in an alert before the refusal (Gmail).
  if (!connection.alerts().empty() && connection.alerts() != words)
    words += "; the server also says: " + connection.alerts();
  if (meaning.retry.when == Retry::When::later) {
    return connection.fail(
        {ErrorCode::try_later, connection.label() + ": the server does not let us in now: " + words,
         "run the same command again later", ErrorScope::session, meaning.retry});
  }
  Error error{ErrorCode::login_refused, connection.label() + ": login refused: " + words,
              "it is not tried again, accounts lock"};
  const std::string_view password = account.password.reveal();
  const std::string diagnosis = password_diagnosis(password);
  if (!diagnosis.empty()) error.hint = diagnosis + "; " + error.hint;
  error.aside = password_length(password);
  return connection.fail(std::move(error));
}

/// AUTH=PLAIN was offered and is not known after all: nobody has looked at the password yet.
bool is_unknown_mechanism(const ReplyLine& reply) {
  const Meaning meaning = meaning_of(reply.code, reply.text);
  if (meaning.code == ResponseCode::authentication_failed) return false;
  if (meaning.retry.when != Retry::When::never) return false;
  for (const std::string_view phrase :
       {"not supported", "unsupported", "unknown", "unrecognized", "not implemented"}) {
    if (find_phrase(reply.text, phrase) != std::string_view::npos)
      return reply.status == Status::bad ||
             find_phrase(reply.text, "mechanism") != std::string_view::npos;
  }
  return false;
}

}  // namespace

std::string password_length(std::string_view password) {
  return "the password sent was " + std::to_string(password.size()) +
         (password.size() == 1 ? " byte long" : " bytes long");
}

std::string password_diagnosis(std::string_view password) {
  std::string text;
  const auto contains = [&](std::string_view part) {
    return !part.empty() && password.find(part) != std::string_view::npos;
  };
  const auto ends_with_any = [&](std::string_view set) {
    return !password.empty() && set.find(password.back()) != std::string_view::npos;
  };
  if (ends_with_any("\r\n")) {
    text = "the password sent ends with a line end";
  } else if (ends_with_any(" \t") || password.starts_with(' ')) {
    text = "the password sent begins or ends with a space";
  }
  const char* home = std::getenv("HOME");
  const std::string_view home_path = home == nullptr ? "" : home;
  // "$$" becomes the shell's process id.
  const std::string shell = std::to_string(::getppid());
  if ((home_path.size() > 1 && contains(home_path)) || (shell.size() > 2 && contains(shell))) {
    text += text.empty() ? "" : "; ";
    text += "the shell may have expanded a $ in the password: use single quotes or --password-file";
  }
  return text;
}

Result<void> log_in(Connection& connection, const Account& account) {
  const std::string_view password = account.password.reveal();
  const bool plain = connection.capabilities().auth_plain;
  if (password.find('\0') != std::string_view::npos ||
      account.user.find('\0') != std::string::npos) {
    return connection.fail({ErrorCode::configuration,
                            connection.label() + ": a NUL byte in user name or password cannot be "
                                                 "sent to an IMAP server",
                            "check the file or the command that gives the password"});
  }
  if (!plain && connection.capabilities().login_disabled) {
    return connection.fail(
        {ErrorCode::login_refused,
         connection.label() + ": the server takes no password (LOGINDISABLED, no AUTH=PLAIN)",
         "ask its operator which way of logging in it wants"});
  }
  connection.hide(account.password);
  std::optional<CapabilityList> told;
  const Connection::Visitor visit = [&told](const ReplyLine& data) {
    if (same_word(data.name, "CAPABILITY")) told = parse_capabilities(data.text);
    return ok();
  };
  MBOXFERRY_ASSIGN(ReplyLine reply, plain ? say_plain(connection, account, visit)
                                          : say_login(connection, account, visit));
  const bool may_say_login = plain && !connection.capabilities().login_disabled;
  if (may_say_login && reply.status != Status::ok && is_unknown_mechanism(reply)) {
    MBOXFERRY_ASSIGN(reply, say_login(connection, account, visit));
  }
  if (reply.status != Status::ok) return refusal(connection, account, reply);
  return connection.read_capabilities(reply, told);
}

}  // namespace mboxferry::imap
