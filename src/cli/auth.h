// SPDX-License-Identifier: Apache-2.0
// The actions of `mboxferry auth`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/command.h"
#include "cli/options.h"

namespace mboxferry::cli {

/// Gets tokens for a profile and keeps both.
Result<int> log_in_profile(const Options& options, const std::string& name, Context& context);

/// Confines the process to the token store and what a request to a service needs.
Result<void> confine_auth(const Options& options, const std::string& ca_file);

/// How long an access token lives, for people.
std::string token_state(bool kept, std::optional<std::int64_t> ends);

}  // namespace mboxferry::cli
