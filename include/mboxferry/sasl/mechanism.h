// SPDX-License-Identifier: Apache-2.0
// The ways to log in that a user may ask for.
#pragma once

#include <optional>
#include <string_view>

namespace mboxferry::sasl {

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

}  // namespace mboxferry::sasl
