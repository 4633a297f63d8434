// SPDX-License-Identifier: Apache-2.0
// Finds the command, runs it, and turns its error into one line and an exit status.
#include "mboxferry/cli/app.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/help.h"
#include "cli/options.h"
#include "cli/sandbox_options.h"
#include "cli/signals.h"
#include "mboxferry/base/file.h"
#include "mboxferry/base/thread.h"
#include "mboxferry/base/time.h"
#include "mboxferry/journal/memory.h"
#include "mboxferry/report/event.h"
#include "mboxferry/report/printable.h"

namespace mboxferry::cli {
namespace {

constexpr std::array<Command, 13> kCommands{{
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
    {"jobs", "list the jobs in the state folder, by account", run_jobs, jobs_table},
    {"forget", "delete what is kept of jobs that are not needed any more", run_forget,
     forget_table},
    {"senders", "check lists of unwanted and of wanted senders", run_senders, senders_table},
    {"dns", "plan, apply, check and take back a mail domain's DNS records", run_dns, dns_table},
    {"dmarc", "check DMARC records, read reports", run_dmarc, dmarc_table},
    {"auth", "log in to a mail service by OAuth2, and look after its tokens", run_auth, auth_table},
}};

bool asks_for_version(const Arguments& arguments) {
  const auto end = std::find(arguments.begin(), arguments.end(), "--");
  return std::any_of(arguments.begin(), end, [](const std::string& argument) {
    return argument == "--version" || argument == "-V";
  });
}

Result<int> tell_version(Context& context) {
  MBOXFERRY_TRY(context.out.write("mboxferry " MBOXFERRY_VERSION "\n" + sandbox_line()));
  return kExitSuccess;
}

Result<int> dispatch(const Arguments& arguments, Context& context) {
  if (arguments.empty()) {
    return Error{ErrorCode::usage, "no command given", "try mboxferry --help"};
  }
  const std::string& name = arguments.front();
  const Arguments rest(arguments.begin() + 1, arguments.end());
  if (name == "--help" || name == "-h" || name == "help") return run_help(rest, context);
  if (asks_for_version({name})) return tell_version(context);
  MBOXFERRY_ASSIGN(const Command* command, command_named(name));
  if (asks_for_version(rest)) return tell_version(context);
  return command->run(rest, context);
}

int conclude(const Error& error) {
  say_error(error);
  return exit_status(error.code);
}

/// A process has one standard error, and one way of speaking there.
std::atomic<bool>& speaks_events() {
  static std::atomic<bool> speaks{false};
  return speaks;
}

/// Whose job the command is about; set before there are other threads.
std::string& account_of_events() {
  static std::string account;
  return account;
}

/// What is wrong with the options is said in this way too, before they have been read.
bool asks_for_events(const Arguments& arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--") return false;
    if (arguments[i] == "--progress=json") return true;
    if (arguments[i] == "--progress" && i + 1 < arguments.size() && arguments[i + 1] == "json")
      return true;
  }
  const char* named = std::getenv("MBOXFERRY_PROGRESS");
  return named != nullptr && std::string_view(named) == "json";
}

void write_error_line(const std::string& line) {
  static_cast<void>(write_all(STDERR_FILENO, line, "standard error"));
}

/// The last line for programs.
int say_result(int status) {
  if (!speaks_events()) return status;
  report::TextBuffer text;
  report::JsonStream json(text);
  report::begin_event(json, "result", account_of_events(), system_clock().unix_seconds())
      .member("status", static_cast<unsigned>(status))
      .member("text", status_words(status))
      .end_object();
  write_error_line(text.take() + "\n");
  return status;
}

}  // namespace

std::span<const Command> commands() { return kCommands; }

void speak_events() { speaks_events() = true; }

void speak_of(const std::string& account) { account_of_events() = account; }

void say(std::string_view line) {
  write_error_line(speaks_events() ? report::text_event("notice", account_of_events(), line,
                                                        system_clock().unix_seconds())
                                   : "mboxferry: " + report::printable(line) + "\n");
}

void say_error(const Error& error) {
  if (speaks_events()) {
    write_error_line(report::text_event("error", account_of_events(), describe(error),
                                        system_clock().unix_seconds()));
    return;
  }
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
    const Arguments words(arguments + (argument_count > 0 ? 1 : 0), arguments + argument_count);
    if (asks_for_events(words)) speak_events();
    const Result<int> status = dispatch(words, context);
    const Result<void> flushed = out.flush();
    if (!status) return say_result(conclude(status.error()));
    if (!flushed) return say_result(conclude(flushed.error()));
    return say_result(*status);
  } catch (...) {
    return say_result(conclude(error_of_exception()));
  }
}

}  // namespace mboxferry::cli
