// SPDX-License-Identifier: Apache-2.0
// What is said about a command, all of it made from its table of options.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/options.h"

namespace mboxferry::cli {

/// An option as texts name it.
struct OptionText {
  std::string names;      ///< "-n, --dry-run"
  std::string parameter;  ///< "FILE"; empty for one that takes none
  std::string about;
};

/// The options of a group, in order.
std::vector<OptionText> option_texts(const OptionGroup& group);

/// Errors: `usage`, with the command that may have been meant.
Result<const Command*> command_named(const std::string& name);

/// True when --help or -h is among the arguments.
bool asks_for_help(const Arguments& arguments);

/// The text of `mboxferry COMMAND --help`, in lines of at most kHelpColumns.
std::string help_text(const OptionTable& table);

/// The text of `mboxferry --help`.
std::string program_help();

/// `mboxferry help [COMMAND]`, `help man [COMMAND]` and `help completion SHELL`.
Result<int> run_help(const Arguments& arguments, Context& context);

}  // namespace mboxferry::cli
