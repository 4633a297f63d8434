// SPDX-License-Identifier: Apache-2.0
// The authorization request, and the exchange of its code.
#include "mboxferry/auth/code_login.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

#include "auth/random_text.h"
#include "auth/redirect_listener.h"
#include "mboxferry/base/base64.h"

namespace mboxferry::auth {
namespace {

constexpr std::size_t kRandomBytes = 32;
constexpr std::string_view kPath = "/";

/// RFC 7636 section 4.2.
Result<std::string> challenge_of(const Secret& verifier) {
  const std::string_view text = verifier.reveal();
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
    return Error{ErrorCode::internal, "OpenSSL cannot make a digest", ""};
  return base64url({reinterpret_cast<const char*>(digest.data()), size});
}

std::string address_of(const Profile& profile, const std::string& redirect,
                       const std::string& state, const std::string& challenge) {
  const char* const separator = profile.authorize_url.find('?') == std::string::npos ? "?" : "&";
  return fmt::format(
      "{}{}response_type=code&client_id={}&redirect_uri={}&scope={}&state={}&code_challenge={}"
      "&code_challenge_method=S256{}",
      profile.authorize_url, separator, http::url_encoded(profile.client_id),
      http::url_encoded(redirect), http::url_encoded(profile.scope), state, challenge,
      profile.user.empty() ? "" : "&login_hint=" + http::url_encoded(profile.user));
}

Error refused_in_browser(const Redirect& redirect, const Profile& profile) {
  return {ErrorCode::login_refused,
          "the service refuses: " + redirect.error +
              (redirect.description.empty() ? "" : " (" + redirect.description + ")"),
          "if that was not meant, " + asked_for(profile).login_again};
}

}  // namespace

Result<Grant> log_in_by_code(const Profile& profile, const TokenService& service,
                             const std::function<void(const std::string& address)>& show) {
  MBOXFERRY_ASSIGN(const RedirectListener listener, RedirectListener::open());
  MBOXFERRY_ASSIGN(const std::string state, random_text(kRandomBytes));
  MBOXFERRY_ASSIGN(std::string random, random_text(kRandomBytes));
  const Secret verifier(std::move(random));
  MBOXFERRY_ASSIGN(const std::string challenge, challenge_of(verifier));
  const std::string redirect =
      fmt::format("http://{}:{}{}", profile.redirect_host, listener.port(), kPath);
  show(address_of(profile, redirect, state, challenge));
  MBOXFERRY_ASSIGN(const Redirect back, listener.wait(kPath, state, service));
  if (!back.error.empty()) return refused_in_browser(back, profile);
  Form form;
  form.add("grant_type", "authorization_code");
  form.add_secret("code", back.code);
  form.add("redirect_uri", redirect);
  form.add_secret("code_verifier", verifier);
  MBOXFERRY_TRY(service.add_client(profile, form));
  // Once: a code that was sent twice ends what it had granted (RFC 6749 section 4.1.2).
  const AskedFor asked = asked_for(profile, form.secrets());
  MBOXFERRY_ASSIGN(const http::Answer answer,
                   service.ask(profile, profile.token_url, std::move(form)));
  TokenAnswer read = read_token_answer(answer, asked);
  if (read.kind == TokenAnswer::Kind::granted) return std::move(read.grant);
  if (read.error.what.empty())
    return Error{ErrorCode::protocol, "the token service does not answer for the code", ""};
  return std::move(read.error);
}

}  // namespace mboxferry::auth
