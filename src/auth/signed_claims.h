// SPDX-License-Identifier: Apache-2.0
// Claims that prove who asks, signed with a private key (RFC 7519, RFC 7523, RS256 of RFC 7518).
#pragma once

#include <cstdint>
#include <string>

#include "mboxferry/auth/profile.h"

namespace mboxferry::auth {

/// That it is the client that asks (RFC 7523 section 3), for ten minutes. Errors: `configuration`
/// (the key), `internal`.
Result<Secret> client_assertion(const Profile& profile, std::int64_t now);

/// That a service account asks for the mailbox of `user`, for an hour. Errors: the same, and
/// `usage` without a user.
Result<Secret> user_assertion(const Profile& profile, const std::string& user, std::int64_t now);

}  // namespace mboxferry::auth
