// SPDX-License-Identifier: Apache-2.0
// How to log in: by which mechanism, and with which token where it is no password.
#pragma once

#include "mboxferry/base/result.h"
#include "mboxferry/base/secret.h"
#include "mboxferry/sasl/mechanism.h"

namespace mboxferry::imap {

using sasl::Mechanism;
using sasl::mechanism_from_name;
using sasl::mechanism_name;
using sasl::takes_token;

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
