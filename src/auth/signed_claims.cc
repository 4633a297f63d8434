// SPDX-License-Identifier: Apache-2.0
// JSON web tokens signed by OpenSSL.
#include "auth/signed_claims.h"

#include <openssl/evp.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "auth/private_key.h"
#include "auth/random_text.h"
#include "mboxferry/base/base64.h"

namespace mboxferry::auth {
namespace {

constexpr std::size_t kBytesOfAnId = 16;
constexpr std::int64_t kLifeOfProof = 600;
constexpr std::int64_t kLifeOfDelegation = 3600;
// The service's clock may be behind ours.
constexpr std::int64_t kClockDifference = 30;

std::string part(const Json& json) {
  // What is no UTF-8 is replaced: dump() would throw.
  return base64url(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Result<Secret> sign(const Json& header, const Json& claims, const Profile& profile) {
  MBOXFERRY_ASSIGN(const PrivateKey key, read_private_key(profile.private_key));
  std::string text = part(header) + '.' + part(claims);
  const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
  const Handle<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  std::size_t size = 0;
  std::string signature;
  if (context &&
      EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
      EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) == 1) {
    signature.resize(size);
    if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                       bytes, text.size()) == 1) {
      signature.resize(size);
      return Secret(text + '.' + base64url(signature));
    }
  }
  return Error{ErrorCode::internal, "OpenSSL cannot sign with the key of " + profile.name, ""};
}

}  // namespace

Result<Secret> client_assertion(const Profile& profile, std::int64_t now) {
  MBOXFERRY_ASSIGN(std::string id, random_text(kBytesOfAnId));
  Json header{{"alg", "RS256"}, {"typ", "JWT"}};
  if (!profile.certificate_digest.empty()) header["x5t#S256"] = profile.certificate_digest;
  const Json claims{{"iss", profile.client_id},      {"sub", profile.client_id},
                    {"aud", profile.token_url},      {"jti", std::move(id)},
                    {"nbf", now - kClockDifference}, {"iat", now - kClockDifference},
                    {"exp", now + kLifeOfProof}};
  return sign(header, claims, profile);
}

Result<Secret> user_assertion(const Profile& profile, const std::string& user, std::int64_t now) {
  if (user.empty()) {
    return Error{ErrorCode::usage,
                 "the profile " + profile.name + " is a service account's, and no mailbox is named",
                 "name its address with --user"};
  }
  Json header{{"alg", "RS256"}, {"typ", "JWT"}};
  if (!profile.key_id.empty()) header["kid"] = profile.key_id;
  const std::int64_t begins = now - kClockDifference;
  const Json claims{
      {"iss", profile.client_id}, {"sub", user},   {"scope", profile.scope},
      {"aud", profile.token_url}, {"iat", begins}, {"exp", begins + kLifeOfDelegation}};
  return sign(header, claims, profile);
}

}  // namespace mboxferry::auth
