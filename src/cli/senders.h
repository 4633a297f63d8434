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
Result<int> import_senders(const Options& options, const Operands& operands, Context& context);
Result<int> print_sieve(const Options& options, const Operands& operands, Context& context);
Result<int> push_senders(const Options& options, const Operands& operands, Context& context);
Result<int> restore_senders(const Options& options, const Operands& operands, Context& context);
/// The two with --infomaniak.
Result<int> push_to_infomaniak(const Options& options, Context& context);
Result<int> restore_at_infomaniak(const Options& options, Context& context);

/// Fails with `cannot_create` where something else than such a list would be replaced.
Result<void> write_sender_text(const std::string& path, std::string_view text,
                               std::string_view beginning, Context& context);

}  // namespace mboxferry::cli
