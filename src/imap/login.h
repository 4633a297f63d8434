// SPDX-License-Identifier: Apache-2.0
// Logging in, once.
#pragma once

#include "imap/connection.h"

namespace mboxferry::imap {

/// Tries the account's credentials exactly once and reads the capabilities again. Errors:
/// login_refused, try_later, configuration and those of the connection.
Result<void> log_in(Connection& connection, const Account& account);

/// What may be wrong with a password that was refused: its length, and traces of a shell's or an
/// editor's doing. Never the password.
std::string password_diagnosis(std::string_view password);

}  // namespace mboxferry::imap
