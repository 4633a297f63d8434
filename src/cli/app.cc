// SPDX-License-Identifier: Apache-2.0
// Finds the command, runs it, and turns its error into one line and an exit status.
#include "mboxferry/cli/app.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/signals.h"
#include "mboxferry/base/file.h"
#include "mboxferry/base/thread.h"
#include "mboxferry/report/printable.h"

namespace mboxferry::cli {
namespace {

constexpr std::array<Command, 7> kCommands{{
    {"scan", "read archives and say what is in them; needs no server", run_scan},
    {"migrate", "put archives into the mailboxes of one account, or go on with it", run_migrate},
    {"batch", "the same for the accounts of a CSV file, several at once", run_batch},
    {"verify", "compare a job's journal with the server", run_verify},
    {"retry", "send the messages of a job once more that the server refused", run_retry},
    {"status", "show where a job stands, also while it runs", run_status},
    {"report", "write what jobs did as JSON, CSV or a page for a browser", run_report},
}};

std::string help() {
  std::string text =
      "mboxferry puts mbox archives into IMAP mailboxes over TLS, every message exactly once.\n\n"
      "usage: mboxferry COMMAND [OPTION]... ARGUMENT...\n\ncommands:\n";
  for (const Command& command : kCommands) {
    text += fmt::format("  {:9}{}\n", command.name, command.summary);
  }
  return text +
         "\n"
         "  mboxferry COMMAND --help   says more about one of them\n"
         "  mboxferry --version        prints the version\n\n"
         "examples:\n"
         "  mboxferry scan Archive.mbox\n"
         "  mboxferry migrate Archive.mbox --to imaps://alice%40example.org@imap.example.org/\n"
         "      (add --dry-run to see first what would happen)\n\n"
         "exit status: 0 all there; 3 finished, some messages refused; 75 and 130 run it again to\n"
         "go on; others are errors, explained in docs/exit-codes.md\n";
}

Result<int> dispatch(const Arguments& arguments, Context& context) {
  if (arguments.empty()) {
    return Error{ErrorCode::usage, "no command given", "try mboxferry --help"};
  }
  const std::string& name = arguments.front();
  if (name == "--help" || name == "-h" || name == "help") {
    MBOXFERRY_TRY(context.out.write(help()));
    return kExitSuccess;
  }
  if (name == "--version") {
    MBOXFERRY_TRY(context.out.write("mboxferry " MBOXFERRY_VERSION "\n"));
    return kExitSuccess;
  }
  for (const Command& command : kCommands) {
    if (command.name == name) {
      return command.run(Arguments(arguments.begin() + 1, arguments.end()), context);
    }
  }
  return Error{ErrorCode::usage, "there is no command '" + name.substr(0, 40) + "'",
               "try mboxferry --help"};
}

int conclude(const Error& error) {
  say(describe(error));
  return exit_status(error.code);
}

}  // namespace

std::span<const Command> commands() { return kCommands; }

void say(std::string_view line) {
  static_cast<void>(
      write_all(STDERR_FILENO, "mboxferry: " + report::printable(line) + "\n", "standard error"));
}

int run(int argument_count, char** arguments) {
  // The memory holds passwords: no core file has it, and no other process of this user reads it.
  ::prctl(PR_SET_DUMPABLE, 0);
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
