// SPDX-License-Identifier: Apache-2.0
// Logging in, once.
#pragma once

#include "imap/session/connection.h"

namespace mboxferry::imap {

/// Tries the account's password exactly once, a token at most twice, and reads the capabilities
/// again. Errors: login_refused, try_later, configuration and those of the connection.
Result<void> log_in(Connection& connection, const Account& account);

}  // namespace mboxferry::imap
