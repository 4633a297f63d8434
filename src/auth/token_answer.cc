// SPDX-License-Identifier: Apache-2.0
// What a token endpoint has answered (RFC 6749 section 5, RFC 8628 section 3.5).
#include "mboxferry/auth/token_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "auth/json_values.h"
#include "mboxferry/base/words.h"

namespace mboxferry::auth {
namespace {

using Kind = TokenAnswer::Kind;

// Longer ones are a mistake, and a token that is asked for again a day later harms nobody.
constexpr std::chrono::seconds kLongestLife = std::chrono::hours(24);

/// A number, or a number as text (some services); nothing else counts.
std::optional<std::chrono::seconds> lifetime_of(const Json& json) {
  const auto member = json.find("expires_in");
  if (member == json.end()) return {};
  long long seconds = 0;
  if (member->is_number()) {
    const double value = member->get<double>();
    if (!(value > 0)) return {};
    seconds = static_cast<long long>(std::min(value, 1e9));
  } else if (member->is_string()) {
    const auto& text = member->get_ref<const std::string&>();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc() || end != text.data() + text.size()) return {};
  }
  if (seconds <= 0) return {};
  return std::min(std::chrono::seconds(seconds), kLongestLife);
}

TokenAnswer refused(std::string what, std::string hint) {
  return {Kind::refused, {}, {ErrorCode::login_refused, std::move(what), std::move(hint)}, {}};
}

TokenAnswer later(const http::Answer& answer, const std::string& why) {
  Error error{ErrorCode::try_later,
              fmt::format("the token service is in trouble: {}", why),
              "run the same command again later",
              ErrorScope::session,
              {Retry::When::later, answer.retry_after.value_or(std::chrono::seconds(0))}};
  return {Kind::later, {}, std::move(error), answer.retry_after};
}

TokenAnswer granted(Json& json) {
  TokenAnswer answer{Kind::granted, {}, {}, {}};
  answer.grant.lifetime = lifetime_of(json);
  answer.grant.access_token = take_secret(json, "access_token");
  answer.grant.refresh_token = take_secret(json, "refresh_token");
  const std::string_view refresh = answer.grant.refresh_token.reveal();
  if (is_token(answer.grant.access_token.reveal()) && (refresh.empty() || is_token(refresh)))
    return answer;
  return refused("the token service granted what is no token",
                 "check the address of its token endpoint");
}

/// Errors that a person has to do something about, by the code of RFC 6749 section 5.2.
TokenAnswer refusal(const std::string& code, const std::string& description,
                    const AskedFor& asked) {
  const std::string words = printable_ascii(code) +
                            (description.empty() ? "" : " (" + printable_ascii(description) + ")");
  const std::string what = "the token service refuses: " + words;
  const std::string& again = asked.login_again;
  if (description.find("AADSTS65001") != std::string::npos) {
    return refused(what, asked.authorize_url.empty()
                             ? "an administrator has to consent to this application first"
                             : "consent to the application " + asked.client_id + " first, at " +
                                   asked.authorize_url);
  }
  if (code == "access_denied") return refused(what, "if that was not meant, " + again);
  if (code == "expired_token") return refused(what, "it took too long; " + again);
  if (code == "invalid_grant")
    return refused(what, "the permission has ended or was taken back; " + again);
  if (code == "unauthorized_client") {
    return refused(what, fmt::format("a Workspace administrator enters client id {} with the scope "
                                     "{} in the admin console, under domain-wide delegation",
                                     asked.client_id, asked.scope));
  }
  if (code == "invalid_client") return refused(what, "check client id and client secret");
  if (code == "invalid_scope") return refused(what, "check the scope: " + asked.scope);
  return refused(what, again);
}

}  // namespace

TokenAnswer read_token_answer(const http::Answer& answer, const AskedFor& asked) {
  const std::string_view body = answer.body.reveal();
  Json json = Json::parse(body.begin(), body.end(), nullptr, false);
  if (!json.is_object()) {
    return later(answer, body.empty() ? fmt::format("an empty answer, status {}", answer.status)
                                      : fmt::format("an answer that is no JSON object, status {}",
                                                    answer.status));
  }
  const std::string code = text_of(json, "error");
  if (code == "authorization_pending") return {Kind::pending, {}, {}, answer.retry_after};
  if (code == "slow_down") return {Kind::slow_down, {}, {}, answer.retry_after};
  if (code == "temporarily_unavailable" || code == "server_error")
    return later(answer, printable_ascii(code));
  if (answer.status >= 500 || answer.status == 429)
    return later(answer, fmt::format("status {}", answer.status));
  if (!code.empty()) {
    // Before they are cut: half of a secret is one, too.
    return refusal(asked.hidden.masked(code),
                   asked.hidden.masked(text_of(json, "error_description")), asked);
  }
  if (json.contains("access_token") && answer.status < 300) return granted(json);
  return refused(fmt::format("the token service gives neither a token nor an error (status {})",
                             answer.status),
                 "check the address of its token endpoint");
}

}  // namespace mboxferry::auth
