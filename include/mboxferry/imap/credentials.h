// SPDX-License-Identifier: Apache-2.0
// How to log in: by which mechanism, and with which token where it is no password.
#pragma once

#include <optional>
#include <string_view>

#include "mboxferry/base/result.h"
#include "mboxferry/base/secret.h"

namespace mboxferry::imap {

/// What a user may ask for. `automatic` is the strongest that the server offers.
enum class Mechanism {
  automatic,
  plain,          ///< RFC 4616
  login,          ///< SASL LOGIN where it is offered, else the LOGIN command
  scram_sha_1,    ///< RFC 5802
  scram_sha_256,  ///< RFC 7677
  oauthbearer,    ///< RFC 7628
  xoauth2,        ///< Google's and Microsoft's
};
/// By the name that `--auth` has for it, such as `scram-sha-256`.
std::optional<Mechanism> mechanism_from_name(std::string_view name);
std::string_view mechanism_name(Mechanism mechanism);
/// True for those that send an access token and not a password.
bool takes_token(Mechanism mechanism);

/// Gives access tokens (RFC 6749 section 1.4). Any thread may call it; it may wait for a server.
class TokenSource {
 public:
  TokenSource() = default;
  TokenSource(const TokenSource&) = delete;
  TokenSource& operator=(const TokenSource&) = delete;
  virtual ~TokenSource() = default;

  /// The token to log in with. Errors: configuration, login_refused, unavailable, try_later,
  /// interrupted.
  virtual Result<Secret> token() = 0;
  /// Called when the server has refused `refused`: another token, or the same one when no other can
  /// be had. Connections that share a refused token get one new token together.
  virtual Result<Secret> token_after(const Secret& refused) = 0;
};

}  // namespace mboxferry::imap
