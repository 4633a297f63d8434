// SPDX-License-Identifier: Apache-2.0
// What every command gets and gives.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/base/result.h"
#include "mboxferry/report/text_output.h"

namespace mboxferry::cli {

/// The world of a command.
struct Context {
  report::TextOutput& out;  ///< standard output: results only
  const Cancellation& interrupt;
};

using Arguments = std::vector<std::string>;

/// One subcommand. `run` returns the exit status, or the error that ends the program.
struct Command {
  std::string_view name;
  std::string_view summary;
  Result<int> (*run)(const Arguments& arguments, Context& context);
};

Result<int> run_scan(const Arguments& arguments, Context& context);
Result<int> run_migrate(const Arguments& arguments, Context& context);
Result<int> run_batch(const Arguments& arguments, Context& context);
Result<int> run_verify(const Arguments& arguments, Context& context);
Result<int> run_retry(const Arguments& arguments, Context& context);
Result<int> run_status(const Arguments& arguments, Context& context);
Result<int> run_report(const Arguments& arguments, Context& context);

std::span<const Command> commands();

/// Writes `mboxferry: line` to standard error, made safe for a terminal.
void say(std::string_view line);

}  // namespace mboxferry::cli
