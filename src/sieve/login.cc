// SPDX-License-Identifier: Apache-2.0
// AUTHENTICATE of ManageSieve (RFC 5804 section 2.1).
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "mboxferry/base/base64.h"
#include "mboxferry/base/words.h"
#include "mboxferry/sasl/ways_to_log_in.h"
#include "mboxferry/sieve/manage_sieve.h"
#include "sieve/reply_reader.h"

namespace mboxferry::sieve {
namespace {

// A longer challenge is answered like one that nobody understands.
constexpr std::size_t kLongestChallenge = 12'000;
constexpr std::size_t kLongestLoginReply = std::size_t{64} << 10U;

std::optional<std::string> decoded(std::string_view challenge) {
  if (challenge.size() > kLongestChallenge) return std::nullopt;
  return from_base64(challenge);
}

Error no_way(const ManageSieve& server, const Login& login) {
  const auto& offered = server.abilities().sasl;
  return {ErrorCode::configuration,
          fmt::format(
              "{}: the server offers no way to log in with {} that mboxferry has{}; it "
              "offers: {}",
              server.place(), login.is_token ? "an access token" : "a password",
              login.mechanism == sasl::Mechanism::automatic ? "" : " and --auth allows",
              offered.empty() ? "nothing" : printable(fmt::format("{}", fmt::join(offered, " ")))),
          "ask the operator how scripts are uploaded"};
}

}  // namespace

/// How one attempt ended.
struct ManageSieve::Attempt {
  Reply reply;
  std::string reason;         ///< what a challenge told
  bool password_used = true;  ///< false: the server has refused before it was its turn
};

/// Without copies of the message left behind.
Result<void> ManageSieve::say_secret(std::string_view head, const Secret& message,
                                     std::string_view shown) {
  constexpr std::size_t kLongestQuoted = 1000;
  const Secret encoded(base64(message.reveal()));
  const std::size_t size = encoded.reveal().size();
  const std::string literal = fmt::format("{{{}+}}\r\n", size);
  const bool is_short = size <= kLongestQuoted;
  const Secret line(sasl::joined({head, is_short ? "\"" : std::string_view(literal),
                                  encoded.reveal(), is_short ? "\"\r\n" : "\r\n"}));
  show(shown);
  return channel_->write(line.reveal());
}

/// RFC 5804 section 2.1: `"*"` takes the attempt back.
Error ManageSieve::cancelled(Error error) {
  show("C: \"*\"");
  if (channel_->write("\"*\"\r\n")) static_cast<void>(read(kLongestLoginReply, true));
  error.what = place() + ": " + error.what;
  return error;
}

Result<ManageSieve::Attempt> ManageSieve::authenticate(sasl::LoginWay way, const Login& login,
                                                       bool bound_offered) {
  sasl::ScramBinding binding;
  if (sasl::is_scram(way)) {
    binding.tls_exporter = channel_->tls_exporter();
    binding.server_offers_none = binding.tls_exporter && !bound_offered;
  }
  const auto exchange =
      login.is_token
          ? sasl::token_exchange(way, login.names.user, login.host, login.port, login.secret)
          : sasl::password_exchange(way, login.names, login.secret, std::move(binding));
  const std::string head = fmt::format("AUTHENTICATE \"{}\"", sasl::way_name(way));
  if (const auto first = exchange->initial()) {
    MBOXFERRY_TRY(say_secret(head + " ", *first, "C: " + head + " (credentials)"));
  } else {
    show("C: " + head);
    MBOXFERRY_TRY(channel_->write(head + "\r\n"));
  }
  for (Attempt attempt{{}, {}, !sasl::is_scram(way)};;) {
    MBOXFERRY_ASSIGN(attempt.reply, read(kLongestLoginReply, true));
    if (attempt.reply.is_challenge) {
      const auto answer = exchange->answer(decoded(attempt.reply.text));
      if (!answer) return cancelled(answer.error());
      attempt.password_used = true;
      MBOXFERRY_TRY(say_secret("", *answer, "C: (credentials)"));
      continue;
    }
    attempt.reason = exchange->reason();
    if (attempt.reply.status != Reply::Status::ok) return attempt;
    const auto with_place = [&](Error error) {
      error.what = place() + ": " + error.what;
      return error;
    };
    // What the server says last may come with its OK.
    if (sasl::is_scram(way) && attempt.reply.code == "SASL") {
      const auto answer = exchange->answer(decoded(attempt.reply.code_argument));
      if (!answer) return with_place(answer.error());
    }
    if (auto allowed = exchange->finish(); !allowed) return with_place(allowed.error());
    return attempt;
  }
}

Result<void> ManageSieve::log_in(const Login& login) {
  secrets_.hide(login.secret);
  sasl::MechanismOffer offer;
  for (const std::string& name : abilities_.sasl) offer.add(name);
  sasl::LoginNeeds needs;
  needs.wanted = login.mechanism;
  needs.token = login.is_token;
  needs.channel_binding = channel_->tls_exporter().has_value();
  needs.may_scram = sasl::have_one_form(login.names, login.secret);
  needs.another_identity = !login.names.authorisation.empty();
  needs.login_disabled = true;  // there is no such command
  const auto ways = sasl::ways_to_log_in(offer, needs);
  if (ways.empty()) return no_way(*this, login);
  for (std::size_t i = 0;; ++i) {
    MBOXFERRY_ASSIGN(const Attempt attempt,
                     authenticate(ways[i], login, offer.has_channel_bound()));
    const Reply& reply = attempt.reply;
    if (reply.status == Reply::Status::ok) return ask_abilities();
    if (reply.status != Reply::Status::no || reply.code == "TRYLATER" || reply.code == "REFERRAL")
      return refused("the login", reply);
    // A server that keeps a password in a form of its own cannot do SCRAM for it, and says so
    // before the password was its turn.
    const bool unfit = !attempt.password_used && login.mechanism == sasl::Mechanism::automatic;
    if (unfit && i + 1 < ways.size()) continue;
    const std::string words = reply.text.empty() ? reply.code : reply.text;
    // RFC 5804 section 1.3: it is not about the password.
    const bool too_weak = reply.code == "AUTH-TOO-WEAK" || reply.code == "ENCRYPT-NEEDED";
    return Error{
        ErrorCode::login_refused,
        fmt::format("{}: login of {} refused: {}{}{}", place(), printable(login.names.user),
                    printable(words), attempt.reason.empty() ? "" : "; ",
                    printable(attempt.reason)),
        too_weak
            ? fmt::format("the server wants a stronger way than {} ({}): choose one with --auth",
                          sasl::way_name(ways[i]), reply.code)
        : login.is_token
            ? "the token may be out of date, or not be meant for this"
            : "check user and password. Not tried again, so that the account is not locked."};
  }
}

}  // namespace mboxferry::sieve
