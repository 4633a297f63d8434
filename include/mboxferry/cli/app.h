// SPDX-License-Identifier: Apache-2.0
// The command line program.
#pragma once

namespace mboxferry::cli {

/// Runs `mboxferry` with the arguments of main() and returns the exit status
/// (docs/exit-codes.md). Installs signal handlers: call once.
int run(int argument_count, char** arguments);

}  // namespace mboxferry::cli
