// SPDX-License-Identifier: Apache-2.0
// The actions of `mboxferry dmarc`.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/options.h"

namespace mboxferry::cli {

/// The arguments behind the action.
using DmarcOperands = std::vector<std::string>;

Result<int> check_dmarc_record(const Options& options, const DmarcOperands& operands,
                               Context& context);

Result<int> set_dmarc(const Options& options, const DmarcOperands& operands, Context& context);

Result<int> read_dmarc_reports(const Options& options, const DmarcOperands& operands,
                               Context& context);

}  // namespace mboxferry::cli
