// SPDX-License-Identifier: Apache-2.0
// Logging in, once.
#pragma once

#include "imap/connection.h"

namespace mboxferry::imap {

/// Tries the account's credentials exactly once and reads the capabilities again. Errors:
/// login_refused, try_later, configuration and those of the connection.
Result<void> log_in(Connection& connection, const Account& account);

/// How long a password is, for the terminal of the one who has typed it.
std::string password_length(std::string_view password);

/// What may be wrong with a password that was refused: traces of a shell's or an editor's doing;
/// empty for none. Never the password, nor how long it is.
std::string password_diagnosis(std::string_view password);

}  // namespace mboxferry::imap
