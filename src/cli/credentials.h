// SPDX-License-Identifier: Apache-2.0
// Gets the password or the access token from a file, the environment, a command or the terminal.
#pragma once

#include "cli/connection_options.h"
#include "mboxferry/base/cancellation.h"
#include "mboxferry/imap/account.h"

namespace mboxferry::cli {

/// Gives the account what `source` names to log in with: a password, or a source of tokens. Errors:
/// those of get_password(); `usage`, see check_login().
Result<void> get_credentials(const CredentialSource& source, imap::Account& account,
                             const Cancellation& interrupt);

/// Gives the access tokens that `source` names; null when it names none. `interrupt` outlives it.
std::shared_ptr<imap::TokenSource> token_source(const CredentialSource& source,
                                                const Cancellation& interrupt);

/// The same for what a token service gave to an application: `source` names a file, a variable or
/// a command; empty when it names none. Errors: `configuration`, `interrupted`.
Result<imap::Secret> get_client_secret(const CredentialSource& source,
                                       const Cancellation& interrupt);

/// An error of code `usage` when a token is given for what takes a password, or the other way
/// about.
Result<void> check_login(imap::Mechanism mechanism, const std::string& login_as, bool is_token);

/// The password from `source`; asked for on the terminal when it names nothing. `label` is the
/// account, for the prompt. A file that others can read is used, with a warning. Errors:
/// `configuration` (never with anything of the password), `interrupted`.
Result<imap::Secret> get_password(const CredentialSource& source, const std::string& label,
                                  const Cancellation& interrupt);

}  // namespace mboxferry::cli
