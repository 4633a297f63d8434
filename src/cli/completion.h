// SPDX-License-Identifier: Apache-2.0
// What shells complete, made from the tables of options.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mboxferry::cli {

/// A script for bash, zsh or fish; nothing for another shell.
std::optional<std::string> completion_for(std::string_view shell);

}  // namespace mboxferry::cli
