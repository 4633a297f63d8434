// SPDX-License-Identifier: Apache-2.0
// What a refused login means, and what the user can do about it.
#include "imap/session/login_refusal.h"

#include <unistd.h>

#include <cstdlib>

#include "imap/reply/response_codes.h"
#include "imap/session/connection.h"
#include "mboxferry/base/words.h"

namespace mboxferry::imap {
namespace {

using Status = ReplyLine::Status;

constexpr const char* kNotTriedAgain = "it is not tried again, accounts lock";

/// Microsoft's words name no cause, so all of them are named.
std::string token_hint(const std::string& words, const std::string& reason) {
  const auto says = [&](std::string_view phrase) {
    return find_phrase(reason, phrase) != std::string_view::npos;
  };
  if (find_phrase(words, "AUTHENTICATE failed") != std::string_view::npos) {
    return "the token may be for another service or without the scope for IMAP, it may belong to a "
           "user without rights to this mailbox, or IMAP may be switched off for the mailbox";
  }
  if (says("status 400"))
    return "the token may lack the scope that is named: get a new one with that scope";
  if (says("status 401") || says("invalid_token"))
    return "the token is out of date, or not one for this user: get a new one";
  return "check that the token is for this user and this server";
}

}  // namespace

Error login_refusal(Connection& connection, const Account& account, sasl::LoginWay way,
                    const ReplyLine& reply, const std::string& reason, bool password_used) {
  const Meaning meaning = meaning_of(reply.code, reply.text);
  std::string words = connection.printed(reply.text);
  const std::string told = connection.printed(reason);
  if (!told.empty()) words += " (" + told + ")";
  // What to do often stands in an alert before the refusal (Gmail).
  if (!connection.alerts().empty() && connection.alerts() != words)
    words += "; the server also says: " + connection.alerts();
  if (meaning.retry.when == Retry::When::later) {
    return connection.fail(
        {ErrorCode::try_later, connection.label() + ": the server does not let us in now: " + words,
         "run the same command again later", ErrorScope::session, meaning.retry});
  }
  Error error{ErrorCode::login_refused, connection.label() + ": login refused: " + words,
              kNotTriedAgain};
  if (way == sasl::LoginWay::oauthbearer || way == sasl::LoginWay::xoauth2) {
    error.hint = token_hint(words, told);
    return connection.fail(std::move(error));
  }
  if (!password_used && reply.status == Status::bad) {
    error.hint = "it offers " + std::string(sasl::way_name(way)) +
                 " and does not understand it; --auth plain sends the password itself";
    return connection.fail(std::move(error));
  }
  const std::string_view password = account.password.reveal();
  const std::string diagnosis = password_diagnosis(password);
  if (!diagnosis.empty()) error.hint = diagnosis + "; " + error.hint;
  error.aside = password_length(password);
  return connection.fail(std::move(error));
}

Error no_way_to_log_in(Connection& connection, const Account& account) {
  const CapabilityList& list = connection.capabilities();
  const std::string offered = list.mechanisms.names().empty()
                                  ? "no mechanism"
                                  : "only " + connection.printed(list.mechanisms.names());
  const std::string disabled = list.login_disabled ? " (LOGINDISABLED)" : "";
  std::string what = connection.label() + ": ";
  std::string hint = "ask its operator which way of logging in it wants";
  // LOGIN may be offered, and has no place for another identity.
  const bool login_as = !account.login_as.empty() && account.mechanism == Mechanism::login;
  if (account.mechanism != Mechanism::automatic && !login_as) {
    what += "the server does not offer --auth " + std::string(mechanism_name(account.mechanism)) +
            ", but " + offered + disabled;
    hint = "leave out --auth, so that the best of these is used";
  } else if (account.tokens) {
    what +=
        "the server takes no access token (OAUTHBEARER, XOAUTH2): it offers " + offered + disabled;
    hint = "use a password: --password-file, --password-env or --password-command";
  } else if (!account.login_as.empty()) {
    what += "the server offers no way to log in as another user (PLAIN, SCRAM): it offers " +
            offered + disabled;
    hint = "if its master users log in as USER*MASTER, use --login-as '*MASTER'";
  } else {
    what += "the server takes no password: it offers " + offered + disabled;
    if (list.mechanisms.has(sasl::LoginWay::xoauth2) ||
        list.mechanisms.has(sasl::LoginWay::oauthbearer))
      hint = "use an access token: --token-file or --token-command (docs/logins.md)";
  }
  return connection.fail({ErrorCode::login_refused, std::move(what), std::move(hint)});
}

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

bool says_not_connected(const ReplyLine& reply) {
  return reply.kind == ReplyLine::Kind::tagged && reply.status == Status::bad &&
         find_phrase(reply.text, "authenticated but not connected") != std::string_view::npos;
}

Error not_connected_error(const std::string& label, const std::string& words) {
  return {ErrorCode::try_later, label + ": login refused after all: " + words,
          "the account may have no licence, its user no right to this mailbox, or IMAP is switched "
          "off for it: ask the administrator of the mail service; else try again later"};
}

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

}  // namespace mboxferry::imap
