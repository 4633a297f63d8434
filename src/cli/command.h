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

struct OptionTable;

/// One subcommand. `run` returns the exit status, or the error that ends the program.
struct Command {
  std::string_view name;
  std::string_view summary;
  Result<int> (*run)(const Arguments& arguments, Context& context);
  OptionTable (*table)();  ///< what it understands
};

inline constexpr std::string_view kProgramAbout =
    "mboxferry puts mbox archives into IMAP mailboxes over TLS, every message exactly once.";
inline constexpr std::string_view kProgramExamples =
    "  mboxferry scan Archive.mbox\n"
    "  mboxferry migrate Archive.mbox \\\n"
    "      --to imaps://alice%40example.org@imap.example.org/\n"
    "      (add --dry-run to see first what would happen)\n";
inline constexpr std::string_view kProgramExit =
    "0 all there; 3 finished, some messages refused; 75 and 130 run it\n"
    "again to go on; others are errors, explained in docs/exit-codes.md\n";

Result<int> run_scan(const Arguments& arguments, Context& context);
Result<int> run_migrate(const Arguments& arguments, Context& context);
Result<int> run_batch(const Arguments& arguments, Context& context);
Result<int> run_verify(const Arguments& arguments, Context& context);
Result<int> run_retry(const Arguments& arguments, Context& context);
Result<int> run_status(const Arguments& arguments, Context& context);
Result<int> run_report(const Arguments& arguments, Context& context);
Result<int> run_jobs(const Arguments& arguments, Context& context);
Result<int> run_forget(const Arguments& arguments, Context& context);
Result<int> run_senders(const Arguments& arguments, Context& context);
Result<int> run_dns(const Arguments& arguments, Context& context);
Result<int> run_dmarc(const Arguments& arguments, Context& context);
Result<int> run_auth(const Arguments& arguments, Context& context);

OptionTable scan_table();
OptionTable migrate_table();
OptionTable batch_table();
OptionTable verify_table();
OptionTable retry_table();
OptionTable status_table();
OptionTable report_table();
OptionTable jobs_table();
OptionTable forget_table();
OptionTable senders_table();
OptionTable dns_table();
OptionTable dmarc_table();
OptionTable auth_table();

std::span<const Command> commands();

/// Writes `mboxferry: line` to standard error, made safe for a terminal; after speak_events() an
/// object of jobs/schema/progress.json.
void say(std::string_view line);
/// From now on every line on standard error is for programs, also the last one, which says how the
/// command ended (--progress=json).
void speak_events();
/// From now on these objects name this account, whose job the command is about. Before there are
/// other threads.
void speak_of(const std::string& account);
/// Says what failed; on a terminal with what is for the person there alone.
void say_error(const Error& error);

}  // namespace mboxferry::cli
