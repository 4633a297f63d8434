// SPDX-License-Identifier: Apache-2.0
// Logging in: the strongest of what the server offers, once.
#include "imap/session/login.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "imap/reply/response_codes.h"
#include "imap/session/authenticate.h"
#include "imap/session/login_refusal.h"
#include "mboxferry/base/words.h"
#include "mboxferry/sasl/exchange.h"

namespace mboxferry::imap {
namespace {

using Kind = ReplyLine::Kind;
using Status = ReplyLine::Status;

/// How one attempt ended. Views into what was read last.
struct Attempt {
  ReplyLine reply;
  std::string reason;         ///< what a challenge told
  bool password_used = true;  ///< false: the server has refused before it was its turn
};

// RFC 3501 section 6.2.3, with literals, which carry any byte.
Result<Attempt> say_login(Connection& connection, const sasl::LoginNames& names,
                          const Secret& secret, const Connection::Visitor& visit) {
  MBOXFERRY_TRY(connection.finish_reply());
  const std::string tag = connection.next_tag();
  const std::string head = tag + " LOGIN {" + std::to_string(names.user.size()) + "}\r\n";
  MBOXFERRY_TRY(connection.send(head, tag + " LOGIN ***"));
  MBOXFERRY_ASSIGN(const ReplyLine first, connection.await_continuation(tag, visit));
  if (first.kind == Kind::tagged) return Attempt{first, {}};
  const std::string_view password = secret.reveal();
  const std::string user = names.user + " {" + std::to_string(password.size()) + "}\r\n";
  MBOXFERRY_TRY(connection.send(user, "***"));
  MBOXFERRY_ASSIGN(const ReplyLine second, connection.await_continuation(tag, visit));
  if (second.kind == Kind::tagged) return Attempt{second, {}};
  const Secret line(sasl::joined({password, "\r\n"}));
  MBOXFERRY_TRY(connection.send(line.reveal(), "***"));
  MBOXFERRY_ASSIGN(const ReplyLine reply, connection.await(tag, visit));
  return Attempt{reply, {}};
}

Result<Attempt> say_exchange(Connection& connection, sasl::LoginWay way, sasl::Exchange& exchange,
                             const Connection::Visitor& visit) {
  MBOXFERRY_ASSIGN(const AuthenticateEnd end,
                   authenticate(connection, sasl::way_name(way), exchange, visit));
  return Attempt{end.reply, exchange.reason(), !sasl::is_scram(way) || end.challenges > 0};
}

Error has_nul(Connection& connection) {
  return connection.fail({ErrorCode::configuration,
                          connection.label() + ": a NUL byte in user name or password cannot be "
                                               "sent to an IMAP server",
                          "check the file or the command that gives the password"});
}

sasl::LoginNeeds needs_of(const Connection& connection, const Account& account,
                          const sasl::LoginNames& names) {
  sasl::LoginNeeds needs;
  needs.wanted = account.mechanism;
  needs.token = account.tokens != nullptr;
  needs.channel_binding = connection.tls_exporter().has_value();
  needs.may_scram = sasl::have_one_form(names, account.password);
  needs.another_identity = !names.authorisation.empty();
  needs.login_disabled = connection.capabilities().login_disabled;
  return needs;
}

Result<Attempt> try_password(Connection& connection, const Account& account,
                             const std::vector<sasl::LoginWay>& ways, const sasl::LoginNames& names,
                             sasl::LoginWay& way, const Connection::Visitor& visit) {
  const sasl::MechanismOffer offer = connection.capabilities().mechanisms;
  connection.hide(account.password);
  for (std::size_t i = 0;; ++i) {
    way = ways[i];
    Result<Attempt> attempt = Attempt{};
    if (way == sasl::LoginWay::login_command) {
      attempt = say_login(connection, names, account.password, visit);
    } else {
      sasl::ScramBinding binding;
      if (sasl::is_scram(way)) {
        binding.tls_exporter = connection.tls_exporter();
        binding.server_offers_none = binding.tls_exporter && !offer.has_channel_bound();
      }
      const auto exchange =
          sasl::password_exchange(way, names, account.password, std::move(binding));
      attempt = say_exchange(connection, way, *exchange, visit);
    }
    if (!attempt || attempt->reply.status == Status::ok || i + 1 == ways.size()) return attempt;
    const ReplyLine& reply = attempt->reply;
    // A server that keeps a password in a form of its own cannot do SCRAM for it, and says NO
    // before the password was its turn. BAD says that it did not understand (RFC 3501
    // section 7.1.3).
    const bool unfit = !attempt->password_used && account.mechanism == Mechanism::automatic &&
                       reply.status == Status::no &&
                       meaning_of(reply.code, reply.text).retry.when != Retry::When::later;
    if (!unfit && !is_unknown_mechanism(reply)) return attempt;
  }
}

/// A token that is refused may be out of date: one newer one is tried.
Result<Attempt> try_token(Connection& connection, const Account& account,
                          const std::vector<sasl::LoginWay>& ways, const sasl::LoginNames& names,
                          sasl::LoginWay& way, const Connection::Visitor& visit) {
  way = ways.front();
  MBOXFERRY_ASSIGN(Secret token, account.tokens->token());
  for (bool renewed = false;; renewed = true) {
    connection.hide(token);
    const auto exchange = sasl::token_exchange(way, names.user, account.host, account.port, token);
    auto attempt = say_exchange(connection, way, *exchange, visit);
    if (!attempt || attempt->reply.status == Status::ok || renewed) return attempt;
    const ReplyLine& reply = attempt->reply;
    if (meaning_of(reply.code, reply.text).retry.when == Retry::When::later) return attempt;
    MBOXFERRY_ASSIGN(Secret other, account.tokens->token_after(token));
    if (other.reveal() == token.reveal()) return attempt;
    token = std::move(other);
  }
}

}  // namespace

Result<void> log_in(Connection& connection, const Account& account) {
  const sasl::LoginNames names = sasl::login_names(account.user, account.login_as);
  const auto has_nul_in = [](std::string_view text) {
    return text.find('\0') != std::string_view::npos;
  };
  if (has_nul_in(account.password.reveal()) || has_nul_in(names.user) ||
      has_nul_in(names.authorisation)) {
    return has_nul(connection);
  }
  const std::vector<sasl::LoginWay> ways = sasl::ways_to_log_in(
      connection.capabilities().mechanisms, needs_of(connection, account, names));
  if (ways.empty()) return no_way_to_log_in(connection, account);
  std::optional<CapabilityList> told;
  const Connection::Visitor visit = [&](const ReplyLine& data) {
    // Some servers say why beside the refusal.
    if (data.status == Status::no || data.status == Status::bad) connection.note_words(data);
    if (same_word(data.name, "CAPABILITY")) told = parse_capabilities(data.text);
    return ok();
  };
  sasl::LoginWay way = ways.front();
  MBOXFERRY_ASSIGN(const Attempt attempt,
                   account.tokens ? try_token(connection, account, ways, names, way, visit)
                                  : try_password(connection, account, ways, names, way, visit));
  if (attempt.reply.status != Status::ok)
    return login_refusal(connection, account, way, attempt.reply, attempt.reason,
                         attempt.password_used);
  return connection.read_capabilities(attempt.reply, told);
}

}  // namespace mboxferry::imap
