// SPDX-License-Identifier: Apache-2.0
// Mechanisms for access tokens: OAUTHBEARER (RFC 7628) and XOAUTH2 (Google's and Microsoft's).
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "mboxferry/base/words.h"
#include "mboxferry/sasl/exchange.h"
#include "sasl/scram.h"

namespace mboxferry::sasl {
namespace {

/// What the failure says of itself (RFC 7628 section 3.2.2). Its words are the server's.
std::string oauth_reason(const std::string& challenge) {
  const auto json = nlohmann::json::parse(challenge, nullptr, false);
  if (!json.is_object()) return {};
  std::string text;
  for (const char* name : {"status", "scope", "openid-configuration"}) {
    const auto member = json.find(name);
    if (member == json.end()) continue;
    const std::string value = member->is_string()
                                  ? member->get<std::string>()
                                  : (member->is_number_integer() ? member->dump() : std::string());
    if (value.empty()) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, printable(value));
  }
  return text;
}

class TokenExchange final : public Exchange {
 public:
  /// `regret` is what a client says to a failure, so that the server ends the exchange.
  TokenExchange(std::string&& message, std::string_view regret)
      : message_(std::move(message)), regret_(regret) {}
  [[nodiscard]] std::optional<Secret> initial() const override { return message_; }
  Result<Secret> answer(const std::optional<std::string>& challenge) override {
    if (failed_) {
      return Error{ErrorCode::protocol, "the server asks for more than the mechanism has to say",
                   "choose another one with --auth"};
    }
    failed_ = true;
    if (challenge) reason_ = oauth_reason(*challenge);
    return Secret(std::string(regret_));
  }
  [[nodiscard]] Result<void> finish() const override {
    if (!failed_) return ok();
    return Error{ErrorCode::protocol, "the server refused the token and then let it in",
                 "run again with --log-file to see what it said"};
  }
  [[nodiscard]] std::string reason() const override { return reason_; }

 private:
  Secret message_;
  std::string_view regret_;
  bool failed_ = false;
  std::string reason_;
};

}  // namespace

std::unique_ptr<Exchange> token_exchange(LoginWay way, std::string_view user, std::string_view host,
                                         std::uint16_t port, const Secret& token) {
  using namespace std::string_view_literals;
  if (way == LoginWay::xoauth2) {
    return std::make_unique<TokenExchange>(
        joined({"user=", user, "\1auth=Bearer "sv, token.reveal(), "\1\1"sv}), ""sv);
  }
  const std::string number = std::to_string(port);
  return std::make_unique<TokenExchange>(
      joined({"n,a=", sasl_name(user), ",\1host="sv, host, "\1port="sv, number, "\1auth=Bearer "sv,
              token.reveal(), "\1\1"sv}),
      "\1"sv);
}

}  // namespace mboxferry::sasl
