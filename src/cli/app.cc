// SPDX-License-Identifier: Apache-2.0
// Finds the command, runs it, and turns its error into one line and an exit status.
#include "mboxferry/cli/app.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <array>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/help.h"
#include "cli/options.h"
#include "cli/sandbox_options.h"
#include "cli/signals.h"
#include "mboxferry/base/file.h"
#include "mboxferry/base/thread.h"
#include "mboxferry/journal/memory.h"
#include "mboxferry/report/printable.h"

namespace mboxferry::cli {
namespace {

constexpr std::array<Command, 7> kCommands{{
    {"scan", "read archives and say what is in them; needs no server", run_scan, scan_table},
    {"migrate", "put archives into the mailboxes of one account, or go on with it", run_migrate,
     migrate_table},
    {"batch", "the same for the accounts of a CSV file, several at once", run_batch, batch_table},
    {"verify", "compare a job's journal with the server", run_verify, verify_table},
    {"retry", "send the messages of a job once more that the server refused", run_retry,
     retry_table},
    {"status", "show where a job stands, also while it runs", run_status, status_table},
    {"report", "write what jobs did as JSON, CSV or a page for a browser", run_report,
     report_table},
}};

Result<int> dispatch(const Arguments& arguments, Context& context) {
  if (arguments.empty()) {
    return Error{ErrorCode::usage, "no command given", "try mboxferry --help"};
  }
  const std::string& name = arguments.front();
  const Arguments rest(arguments.begin() + 1, arguments.end());
  if (name == "--help" || name == "-h" || name == "help") return run_help(rest, context);
  if (name == "--version" || name == "-V") {
    MBOXFERRY_TRY(context.out.write("mboxferry " MBOXFERRY_VERSION "\n" + sandbox_line()));
    return kExitSuccess;
  }
  MBOXFERRY_ASSIGN(const Command* command, command_named(name));
  return command->run(rest, context);
}

int conclude(const Error& error) {
  say_error(error);
  return exit_status(error.code);
}

}  // namespace

std::span<const Command> commands() { return kCommands; }

void say(std::string_view line) {
  static_cast<void>(
      write_all(STDERR_FILENO, "mboxferry: " + report::printable(line) + "\n", "standard error"));
}

void say_error(const Error& error) {
  const bool for_a_person = !error.aside.empty() && ::isatty(STDERR_FILENO) == 1;
  say(describe(error) + (for_a_person ? " (" + error.aside + ")" : ""));
}

int run(int argument_count, char** arguments) {
  // The memory holds passwords: no core file has it, and no other process of this user reads it.
  ::prctl(PR_SET_DUMPABLE, 0);
  journal::limit_memory(1);
  try {
    const Cancellation& interrupt = catch_signals();
    report::DescriptorOutput out(STDOUT_FILENO, "standard output");
    Context context{out, interrupt};
    const Result<int> status = dispatch(
        Arguments(arguments + (argument_count > 0 ? 1 : 0), arguments + argument_count), context);
    const Result<void> flushed = out.flush();
    if (!status) return conclude(status.error());
    if (!flushed) return conclude(flushed.error());
    return *status;
  } catch (...) {
    return conclude(error_of_exception());
  }
}

}  // namespace mboxferry::cli
