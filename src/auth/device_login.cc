// SPDX-License-Identifier: Apache-2.0
// Asks for a device code, and then whether it was entered.
#include "mboxferry/auth/device_login.h"

#include <algorithm>
#include <utility>

#include "auth/json_values.h"
#include "mboxferry/base/ascii.h"

namespace mboxferry::auth {
namespace {

constexpr std::size_t kLongestUserCode = 64;
constexpr std::size_t kLongestPage = 500;
constexpr std::chrono::seconds kLongestCodeLife{3600};
constexpr std::chrono::seconds kLongestInterval{60};
constexpr std::chrono::seconds kSlowDown{5};  // RFC 8628 section 3.5

std::chrono::seconds seconds_of(const Json& json, const char* name, std::chrono::seconds otherwise,
                                std::chrono::seconds most) {
  const auto member = json.find(name);
  if (member == json.end() || !member->is_number()) return otherwise;
  const double value = member->get<double>();
  if (!(value >= 1)) return otherwise;
  return std::chrono::seconds(
      static_cast<long>(std::min(value, static_cast<double>(most.count()))));
}

bool is_short_text(std::string_view text, std::size_t most, bool with_blanks) {
  return !text.empty() && text.size() <= most && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_visible(c) || (with_blanks && c == ' ');
  });
}

Error nonsense(const char* what) {
  return {ErrorCode::protocol, std::string("the device endpoint gives no ") + what,
          "check its address (--device-url)"};
}

Error took_too_long(const Profile& profile) {
  return {ErrorCode::login_refused, "nobody entered the code in time",
          asked_for(profile).login_again};
}

Result<Form> polling_form(const Profile& profile, const DeviceCode& code,
                          const TokenService& service) {
  Form form;
  form.add("grant_type", "urn:ietf:params:oauth:grant-type:device_code");
  form.add_secret("device_code", code.device_code);
  MBOXFERRY_TRY(service.add_client(profile, form));
  return form;
}

}  // namespace

Result<DeviceCode> read_device_answer(const http::Answer& answer, const AskedFor& asked) {
  const std::string_view body = answer.body.reveal();
  Json json = Json::parse(body.begin(), body.end(), nullptr, false);
  if (!json.is_object() || json.contains("error") || !json.contains("device_code")) {
    TokenAnswer read = read_token_answer(answer, asked);
    if (read.kind == TokenAnswer::Kind::later || read.kind == TokenAnswer::Kind::refused)
      return std::move(read.error);
    return nonsense("device code");
  }
  DeviceCode code;
  code.device_code = take_secret(json, "device_code");
  code.user_code = text_of(json, "user_code");
  code.page = text_of(json, "verification_uri");
  if (code.page.empty()) code.page = text_of(json, "verification_url");  // Google's
  code.lifetime = seconds_of(json, "expires_in", code.lifetime, kLongestCodeLife);
  code.interval = seconds_of(json, "interval", code.interval, kLongestInterval);
  if (!is_token(code.device_code.reveal())) return nonsense("device code");
  if (!is_short_text(code.user_code, kLongestUserCode, true)) return nonsense("code for the user");
  if (!is_short_text(code.page, kLongestPage, false) || !code.page.starts_with("https://"))
    return nonsense("https page for the user");
  return code;
}

Result<Grant> log_in_by_device(const Profile& profile, const TokenService& service,
                               const std::function<void(const DeviceCode&)>& show) {
  Form form;
  form.add("scope", profile.scope);
  MBOXFERRY_TRY(service.add_client(profile, form));
  const AskedFor for_code = asked_for(profile, form.secrets());
  MBOXFERRY_ASSIGN(const http::Answer first,
                   service.ask(profile, profile.device_url, std::move(form)));
  MBOXFERRY_ASSIGN(const DeviceCode code, read_device_answer(first, for_code));
  show(code);
  const auto until = service.clock().now() + code.lifetime;
  std::chrono::seconds interval = code.interval;
  for (;;) {
    MBOXFERRY_TRY(service.wait(interval));
    if (service.clock().now() > until) return took_too_long(profile);
    MBOXFERRY_ASSIGN(Form question, polling_form(profile, code, service));
    const AskedFor asked = asked_for(profile, question.secrets());
    const auto answer = service.ask(profile, profile.token_url, std::move(question));
    if (!answer && answer.error().code != ErrorCode::unavailable) return answer.error();
    if (!answer) {
      // RFC 8628 section 3.5: pauses grow when no answer comes.
      interval = std::min(interval * 2, kLongestInterval);
      continue;
    }
    TokenAnswer read = read_token_answer(*answer, asked);
    switch (read.kind) {
      case TokenAnswer::Kind::granted:
        return std::move(read.grant);
      case TokenAnswer::Kind::refused:
        return std::move(read.error);
      case TokenAnswer::Kind::slow_down:
        interval += kSlowDown;
        break;
      case TokenAnswer::Kind::later:
        interval = std::min(interval * 2, kLongestInterval);
        break;
      case TokenAnswer::Kind::pending:
        break;
    }
    if (read.wait) interval = std::max(interval, std::min(*read.wait, kLongestInterval));
  }
}

}  // namespace mboxferry::auth
