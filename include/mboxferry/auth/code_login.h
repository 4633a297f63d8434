// SPDX-License-Identifier: Apache-2.0
// A login with a browser on this machine: authorization code with PKCE (RFC 7636, RFC 8252).
#pragma once

#include <functional>
#include <string>

#include "mboxferry/auth/token_service.h"

namespace mboxferry::auth {

/// Has `show` tell the user which address to open, waits on the loopback interface for the browser
/// to come back, and exchanges the code. Errors: as of TokenService::renew(); `login_refused` when
/// the user refuses or takes longer than ten minutes.
Result<Grant> log_in_by_code(const Profile& profile, const TokenService& service,
                             const std::function<void(const std::string& address)>& show);

}  // namespace mboxferry::auth
