// SPDX-License-Identifier: Apache-2.0
// The actions of `mboxferry senders`.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/options.h"

namespace mboxferry::cli {

/// The arguments behind the action.
using Operands = std::vector<std::string>;

Result<int> check_senders(const Options& options, const Operands& operands, Context& context);

}  // namespace mboxferry::cli
