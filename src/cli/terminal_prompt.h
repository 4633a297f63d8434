// SPDX-License-Identifier: Apache-2.0
// Asks for a secret on the terminal.
#pragma once

#include <string>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/base/result.h"

namespace mboxferry::cli {

/// Shows `prompt` on the controlling terminal and reads one line without echo. The terminal is put
/// back as it was, also when interrupted. Errors: `configuration` without a terminal,
/// `interrupted`.
Result<std::string> ask_on_terminal(const std::string& prompt, const Cancellation& interrupt);

/// Shows `question` on the controlling terminal; true when the answer is `yes`. Errors: as above.
Result<bool> confirm_on_terminal(const std::string& question, const Cancellation& interrupt);

}  // namespace mboxferry::cli
