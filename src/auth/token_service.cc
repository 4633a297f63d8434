// SPDX-License-Identifier: Apache-2.0
// Requests for tokens (RFC 6749 sections 4.4 and 6, RFC 7523).
#include "mboxferry/auth/token_service.h"

#include <algorithm>
#include <utility>

#include "auth/signed_claims.h"

namespace mboxferry::auth {
namespace {

using Milliseconds = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;

constexpr int kTries = 5;
constexpr Seconds kFirstPause{1};
constexpr Seconds kLongestPause{30};
constexpr Milliseconds kSlice{100};

/// What can pass by itself.
bool is_passing(const Error& error) {
  return error.code == ErrorCode::unavailable || error.code == ErrorCode::try_later;
}

}  // namespace

void Form::add(std::string_view name, std::string_view value) {
  const Secret encoded(http::url_encoded(value));
  // No reallocation leaves a copy behind.
  std::string longer;
  longer.reserve(text_.size() + name.size() + encoded.reveal().size() + 2);
  longer += text_;
  if (!longer.empty()) longer += '&';
  longer += name;
  longer += '=';
  longer += encoded.reveal();
  static_cast<void>(Secret(std::move(text_)));  // wipes it
  text_ = std::move(longer);
}

void Form::add_secret(std::string_view name, const Secret& value) {
  secrets_.hide(value);
  add(name, value.reveal());
}

Result<void> TokenService::wait(Milliseconds time) const {
  const auto until = clock_.now() + time;
  for (;;) {
    if (interrupt_.requested())
      return interrupted("interrupted while waiting for the token service");
    const auto now = clock_.now();
    if (now >= until) return ok();
    clock_.sleep(std::min(kSlice, std::chrono::ceil<Milliseconds>(until - now)));
  }
}

Result<http::Answer> TokenService::ask(const Profile& profile, const std::string& url,
                                       Form form) const {
  http::ClientOptions options;
  options.ca_file = profile.ca_file;
  options.interrupt = &interrupt_;
  http::Request request;
  request.url = url;
  request.headers = {{"Accept", "application/json"}};
  request.form = form.take();
  return send_(request, options);
}

Result<void> TokenService::add_client(const Profile& profile, Form& form) const {
  form.add("client_id", profile.client_id);
  if (!profile.private_key.reveal().empty()) {
    MBOXFERRY_ASSIGN(const Secret assertion, client_assertion(profile, clock_.unix_seconds()));
    form.add("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    form.add_secret("client_assertion", assertion);
  } else if (!profile.client_secret.reveal().empty()) {
    form.add_secret("client_secret", profile.client_secret);
  }
  return ok();
}

Result<Form> TokenService::renewal_form(const Profile& profile, const std::string& user) const {
  Form form;
  switch (profile.flow) {
    case Flow::device:
    case Flow::code:
      if (profile.refresh_token.reveal().empty()) {
        return Error{ErrorCode::login_refused,
                     "the token of the profile " + profile.name +
                         " has ended, and the service gave no refresh token with it",
                     asked_for(profile).login_again +
                         " (some services want the scope offline_access for that)"};
      }
      form.add("grant_type", "refresh_token");
      form.add_secret("refresh_token", profile.refresh_token);
      form.add("scope", profile.scope);
      MBOXFERRY_TRY(add_client(profile, form));
      break;
    case Flow::client_credentials:
      form.add("grant_type", "client_credentials");
      form.add("scope", profile.scope);
      MBOXFERRY_TRY(add_client(profile, form));
      break;
    case Flow::service_account: {
      MBOXFERRY_ASSIGN(const Secret assertion,
                       user_assertion(profile, user, clock_.unix_seconds()));
      form.add("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
      form.add_secret("assertion", assertion);
      break;
    }
  }
  return form;
}

Result<Grant> TokenService::renew(const Profile& profile, const std::string& user) const {
  Seconds pause = kFirstPause;
  for (int tries = 1;; ++tries) {
    // A new one each time: an assertion is taken once.
    MBOXFERRY_ASSIGN(Form form, renewal_form(profile, user));
    const AskedFor asked = asked_for(profile, form.secrets());
    const auto answer = ask(profile, profile.token_url, std::move(form));
    if (!answer && !is_passing(answer.error())) return answer.error();
    Error error;
    Seconds wanted{0};
    if (answer) {
      TokenAnswer read = read_token_answer(*answer, asked);
      if (read.kind == TokenAnswer::Kind::granted) return std::move(read.grant);
      if (read.kind == TokenAnswer::Kind::refused) return std::move(read.error);
      error = std::move(read.error);
      wanted = read.wait.value_or(Seconds(0));
      if (read.kind != TokenAnswer::Kind::later)
        error = {ErrorCode::try_later, "the token service asks to wait for somebody's decision",
                 asked.login_again};
    } else {
      error = answer.error();
    }
    if (tries == kTries || wanted > kLongestPause) return error;
    MBOXFERRY_TRY(wait(std::max(pause, wanted)));
    pause *= 2;
  }
}

}  // namespace mboxferry::auth
