// SPDX-License-Identifier: Apache-2.0
// Gets the password from a file, the environment, a command or the terminal.
#pragma once

#include "cli/connection_options.h"
#include "mboxferry/base/cancellation.h"
#include "mboxferry/imap/account.h"

namespace mboxferry::cli {

/// The password from `source`; asked for on the terminal when it names nothing. `label` is the
/// account, for the prompt. A file that others can read is used, with a warning. Errors:
/// `configuration` (never with anything of the password), `interrupted`.
Result<imap::Secret> get_password(const PasswordSource& source, const std::string& label,
                                  const Cancellation& interrupt);

}  // namespace mboxferry::cli
