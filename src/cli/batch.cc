// SPDX-License-Identifier: Apache-2.0
// mboxferry batch: the accounts of a CSV, or what would happen to them.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "cli/archive_options.h"
#include "cli/batch_accounts.h"
#include "cli/batch_report.h"
#include "cli/batch_work.h"
#include "cli/command.h"
#include "cli/connection_options.h"
#include "cli/exit_codes.h"
#include "cli/filing_options.h"
#include "cli/help.h"
#include "cli/job_settings.h"
#include "cli/limit_options.h"
#include "cli/mapping_options.h"
#include "cli/options.h"
#include "cli/profile_login.h"
#include "cli/progress_options.h"
#include "cli/run_transfer.h"
#include "cli/sandbox_options.h"
#include "cli/shard.h"
#include "cli/state_place.h"
#include "mboxferry/job/ledger.h"
#include "mboxferry/job/scheduler.h"
#include "mboxferry/journal/memory.h"
#include "mboxferry/report/batch_progress.h"
#include "mboxferry/report/job_report.h"
#include "mboxferry/report/metrics.h"

namespace mboxferry::cli {
namespace {

namespace po = boost::program_options;

constexpr long kMostAtOnce = 1000;
constexpr std::uint64_t kMostProblemsTold = 1000;

/// What a row may say as well as the command.
OptionTable row_table() {
  OptionTable table;
  auto target = option_group("where to, for rows that do not say it");
  target.add_options()                                                              //
      ("host", po::value<std::string>()->value_name("NAME"), "the server")          //
      ("port", po::value<long>()->value_name("N"), "993, with --tls=starttls 143")  //
      ("user", po::value<std::string>()->value_name("NAME"), "whom to log in")      //
      ("mailbox", po::value<std::string>()->value_name("NAME"),
       "a single mbox goes into it, a folder of them below it");
  auto password = option_group("password, for rows that do not say it");
  add_password_options(password);
  add_login_options(password);
  auto connection = option_group("connection");
  add_connection_options(connection);
  add_append_mode_option(connection);
  add_connection_limit_options(connection);
  auto limits = option_group("limits of each account; none by default, and 0 stands for none");
  add_limit_options(limits);
  auto reading = option_group("how archives are read, and what is sent");
  add_reading_options(reading);
  add_sending_options(reading);
  add_copies_options(reading);
  add_unread_option(reading);
  auto mapping = option_group("which folders, and into which mailboxes");
  add_folder_options(mapping);
  add_mapping_options(mapping);
  auto senders = option_group("sender lists (docs/senders.md)");
  add_filing_options(senders);
  for (const auto& group : {target, password, connection, limits, reading, mapping, senders})
    table.groups.push_back(group);
  return table;
}

}  // namespace

OptionTable batch_table() {
  OptionTable table = row_table();
  table.usage = "batch [OPTION]... ACCOUNTS.csv";
  table.about =
      "Puts archives into many accounts, several at once; one account's trouble stops no other.\n"
      "The file has a header and a row an account. Columns: archive, host, port, user, password\n"
      "(or password_file, password_env, password_command), mailbox, and any option below that\n"
      "speaks of one account, by its name. An empty field means what the command says. Relative\n"
      "files are below the folder of the CSV. All of it is checked before anything is done.\n"
      "A password_command is run, so such a file is a program: no one else may be able to write\n"
      "it or a folder above it.\n"
      "Running the same command again does what is left; rows may be added in between.\n";
  table.examples =
      "  mboxferry batch accounts.csv --dry-run --report-json plan.json\n"
      "  mboxferry batch accounts.csv --host imap.example.org --accounts-at-once 8\n"
      "  mboxferry batch accounts.csv --only '*@example.org' --retry-failed\n"
      "  mboxferry batch accounts.csv --verify --full\n";
  table.positional = "accounts";
  table.max_positional = 1;
  auto batch = option_group("the batch");
  add_probe_option(batch);
  batch.add_options()                                                                       //
      ("accounts-at-once", po::value<long>()->value_name("N"), "how many are at work (4)")  //
      ("accounts-per-host", po::value<long>()->value_name("N"),
       "how many of them on one host and port (as many)")  //
      ("order", po::value<std::string>()->value_name("WHICH"),
       "size: large archives first (default), or csv: as in the file")  //
      ("only", po::value<std::string>()->value_name("GLOB"),
       "only users whose name matches, such as '*@example.org'")  //
      ("retry-failed", flag(),
       "also accounts whose login was refused, and messages that were refused")  //
      ("archives-in", po::value<std::string>()->value_name("DIR"),
       "archives are here, and are called as the user where a row names none: USER, USER.mbox, "
       "USER.zip and so on")  //
      ("shard", po::value<std::string>()->value_name("I/N"),
       "take only share I, from 0, of N; without it as a Slurm array or an indexed Kubernetes Job "
       "says")  //
      ("dry-run,n", flag(),
       "read everything, log in everywhere, and say what would happen; changes nothing")  //
      ("verify", flag(),
       "compare what earlier runs have stored with the servers, as verify does; changes nothing "
       "there")                                                                                 //
      ("full", flag(), "with --verify: read every message back and compare its bytes as well")  //
      ("state-dir", po::value<std::string>()->value_name("DIR"),
       "where the state of the batch and of each account is kept (default: "
       "~/.local/state/mboxferry)")  //
      ("log-dir", po::value<std::string>()->value_name("DIR"),
       "append to a file for each account what is said to its server and by it")  //
      ("report-json", po::value<std::string>()->value_name("FILE"),
       "write a report (jobs/schema/report.json; with --dry-run plan.json, with --verify "
       "verify-batch.json); - is standard output");
  add_report_options(batch);
  add_progress_option(batch);
  add_sandbox_option(batch);
  batch.add_options()  //
      ("config", po::value<std::string>()->value_name("FILE"),
       "take options from this job file, lines of name = value; MBOXFERRY_NAME in the environment "
       "beats it, and the command line beats both")  //
      ("help,h", "this text");
  table.groups.push_back(batch);
  return table;
}

namespace {

Result<int> count_of(const Options& options, const char* name, int otherwise) {
  const auto value = options.get<long>(name);
  if (!value) return otherwise;
  if (*value >= 1 && *value <= kMostAtOnce) return static_cast<int>(*value);
  return Error{ErrorCode::usage, std::string("--") + name + " has a value that is not known",
               "it takes a number from 1 to 1000"};
}

enum class Purpose { migrate, plan, verify };

struct BatchSettings {
  std::string csv;
  Shard shard;
  job::Ledger::Choice choice;
  job::SchedulerLimits limits;
  Purpose purpose = Purpose::migrate;
  bool full = false;  ///< verify every byte
  std::string state_folder;
  std::string log_folder;
};

Result<Purpose> read_purpose(const Options& options) {
  if (!options.has_flag("verify")) {
    if (options.has_flag("full"))
      return Error{ErrorCode::usage, "--full belongs to --verify", "add --verify"};
    return options.has_flag("dry-run") ? Purpose::plan : Purpose::migrate;
  }
  for (const char* other :
       {"dry-run", "retry-failed", "report-csv", "report-html", "metrics-file", "log-dir"}) {
    const bool given =
        other == std::string_view("dry-run") || other == std::string_view("retry-failed")
            ? options.has_flag(other)
            : !options.text(other).empty();
    if (given) {
      return Error{ErrorCode::usage, fmt::format("--{} cannot be combined with --verify", other),
                   "use one of them after the other; --report-json writes what is found"};
    }
  }
  return Purpose::verify;
}

Result<BatchSettings> read_settings(const Options& options) {
  BatchSettings settings;
  settings.csv = options.text("accounts");
  if (settings.csv.empty()) {
    return Error{ErrorCode::usage, "no CSV with accounts is named", "see mboxferry batch --help"};
  }
  MBOXFERRY_ASSIGN(settings.shard, read_shard(options));
  settings.choice.only = options.text("only");
  settings.choice.retry_failed = options.has_flag("retry-failed");
  const std::string order = options.text("order");
  if (!order.empty() && order != "size" && order != "csv") {
    return Error{ErrorCode::usage, "--order has a value that is not known", "it takes size or csv"};
  }
  settings.choice.largest_first = order != "csv";
  MBOXFERRY_ASSIGN(settings.limits.accounts_at_once, count_of(options, "accounts-at-once", 4));
  MBOXFERRY_ASSIGN(settings.limits.accounts_per_place,
                   count_of(options, "accounts-per-host", settings.limits.accounts_at_once));
  MBOXFERRY_ASSIGN(settings.purpose, read_purpose(options));
  settings.full = options.has_flag("full");
  MBOXFERRY_TRY(check_report_files(options));
  if (settings.purpose == Purpose::migrate) {
    MBOXFERRY_ASSIGN(settings.state_folder, state_folder(options));
  } else if (auto folder = state_folder_name(options)) {
    settings.state_folder = *std::move(folder);
  }
  settings.log_folder = options.text("log-dir");
  if (!settings.log_folder.empty()) MBOXFERRY_TRY(make_state_folder(settings.log_folder));
  return settings;
}

/// The ledger of this CSV and this share of it; where nothing is sent, one that leaves nothing
/// behind.
std::string ledger_path(const BatchSettings& settings) {
  if (settings.purpose != Purpose::migrate) return "";
  std::string share;
  if (settings.shard.count > 1)
    share = fmt::format("-{}-of-{}", settings.shard.index, settings.shard.count);
  const std::string name = journal_name("batch", {settings.csv}, std::nullopt);
  return settings.state_folder + "/" + std::filesystem::path(name).stem().string() + share +
         ".ledger";
}

/// Reads the file; everything that is wrong with it is told at once. A row that cannot be used
/// stops no other.
Result<void> import(const BatchSettings& settings, BatchAccounts& accounts, job::Ledger& ledger,
                    const Cancellation& interrupt) {
  MBOXFERRY_TRY(ledger.begin(settings.choice));
  std::uint64_t told = 0;
  const std::string& only = settings.choice.only;
  MBOXFERRY_ASSIGN(const Imported found, accounts.import(ledger, settings.shard, only, interrupt,
                                                         [&](const std::string& line) {
                                                           if (told++ < kMostProblemsTold)
                                                             say(line);
                                                         }));
  if (told > kMostProblemsTold) say(fmt::format("and {} more", told - kMostProblemsTold));
  const std::uint64_t mistakes =
      found.mistakes + (found.refused == found.rows ? found.wrong_in_rows : 0);
  if (mistakes > 0) {
    return Error{ErrorCode::configuration,
                 fmt::format("{} has {} mistake{}; nothing was done", settings.csv, mistakes,
                             mistakes == 1 ? "" : "s"),
                 "mend what is named above and run the same command again"};
  }
  if (found.chosen == 0) {
    return Error{
        ErrorCode::usage,
        fmt::format("--only={} meets none of the {} users in {}", report::printable(only),
                    found.rows, settings.csv),
        (found.nearest.empty() ? "" : "did you mean " + report::printable(found.nearest) + "? ") +
            std::string("it takes a user name, in which * and ? stand for any characters")};
  }
  if (found.refused > 0) {
    say(fmt::format("{}: {} of {} rows cannot be used; the others go on", settings.csv,
                    found.refused, found.rows));
  }
  if (found.gone > 0) {
    say(fmt::format("{}: the archive{} of {} not there any more; {} done, and {} so", settings.csv,
                    found.gone == 1 ? "" : "s",
                    found.gone == 1 ? "1 account is" : fmt::format("{} accounts are", found.gone),
                    found.gone == 1 ? "it was" : "they were", found.gone == 1 ? "stays" : "stay"));
  }
  MBOXFERRY_TRY(ledger.end());
  const auto& [changed, user] = ledger.with_other_lists();
  if (changed > 0)
    say(
        fmt::format("the sender lists have changed since {} account{} complete ({}): the messages "
                    "there stay where they are; to file them by the lists as they are now, begin "
                    "another batch with --state-dir and --allow-copies, which sends all of them "
                    "once more",
                    changed, changed == 1 ? " was" : "s were",
                    report::printable(changed == 1 ? user : user + " and others")));
  return ok();
}

/// Rows name files anywhere, so reading is free. Password commands run while accounts are at work,
/// and could not in a sandbox.
Result<void> confine_batch(const Options& options, const BatchSettings& settings,
                           const BatchAccounts& accounts) {
  MBOXFERRY_ASSIGN(const bool runs_commands, accounts.run_commands());
  if (runs_commands) return ok();
  SandboxRights rights = rights_of(options);
  rights.reads_everything = true;
  if (!settings.state_folder.empty()) rights.workplaces.push_back(settings.state_folder);
  if (!settings.log_folder.empty()) rights.workplaces.push_back(settings.log_folder);
  if (const std::string log = options.text("log-file"); !log.empty()) add_output(rights, log);
  MBOXFERRY_ASSIGN(const bool uses_profiles, accounts.use_profiles());
  // Where that cannot be had, rows that need it say so, and the others need nothing of it.
  if (uses_profiles) static_cast<void>(add_all_profiles(rights));
  confine(options, rights);
  return ok();
}

int exit_of(const job::Standing& standing, const Cancellation& interrupt) {
  if (standing.waiting > 0 && interrupt.requested()) return kExitInterrupted;
  if (standing.later + standing.waiting > 0) return kExitTryLater;
  if (standing.failed > 0) return kExitFailed;
  if (standing.login_refused > 0) return exit_status(ErrorCode::login_refused);
  return standing.refused + standing.incomplete > 0 ? kExitRefused : kExitSuccess;
}

/// Several accounts at once, each by `work`; returns how they are then.
Result<job::Standing> run_all(const BatchSettings& settings, job::AccountWork& work,
                              job::Ledger& ledger, report::BatchPrinter& printer,
                              Context& context) {
  BatchPrintingObserver observer(printer, context.interrupt);
  journal::limit_memory(static_cast<std::size_t>(std::max(settings.limits.accounts_at_once, 1)));
  MBOXFERRY_TRY(job::run_accounts(ledger, work, settings.limits, observer, system_clock(),
                                  context.interrupt));
  printer.finish();
  return ledger.standing();
}

Result<int> migrate_all(const Options& options, const BatchSettings& settings,
                        BatchAccounts& accounts, job::Ledger& ledger, report::BatchPrinter& printer,
                        Context& context) {
  std::optional<report::BatchMetricsPrinter> metrics;
  if (const std::string path = options.text("metrics-file"); !path.empty())
    metrics.emplace(printer, report::MetricsFile(path, system_clock()));
  Migration migration(accounts, settings.state_folder, settings.log_folder,
                      settings.choice.retry_failed);
  MBOXFERRY_ASSIGN(const job::Standing standing,
                   run_all(settings, migration, ledger, metrics ? *metrics : printer, context));
  if (!writes_to_standard_output(options))
    MBOXFERRY_TRY(write_batch_summary(context.out, ledger, standing, "stored"));
  MBOXFERRY_TRY(context.out.flush());
  const int status = status_with(
      exit_of(standing, context.interrupt),
      write_run_reports(options, accounts_of(ledger, settings.state_folder), context.out));
  if (metrics) metrics->ended(status);
  return status;
}

Result<int> plan_all(const Options& options, const BatchSettings& settings, BatchAccounts& accounts,
                     job::Ledger& ledger, report::BatchPrinter& printer, Context& context) {
  DryRun dry_run(accounts, settings.state_folder);
  MBOXFERRY_ASSIGN(const job::Standing standing,
                   run_all(settings, dry_run, ledger, printer, context));
  const BatchTotals totals{standing, dry_run.time_with(settings.limits.accounts_at_once)};
  if (!writes_to_standard_output(options))
    MBOXFERRY_TRY(write_batch_plan_summary(context.out, ledger, totals));
  MBOXFERRY_TRY(context.out.flush());
  // Nothing has begun that could go on later.
  const int ended = exit_of(standing, context.interrupt);
  return status_with(
      ended == kExitTryLater ? kExitFailed : ended,
      write_plan_reports(options, all_can_go(totals), totals.time, plans_of(ledger), context.out));
}

Result<int> verify_all(const Options& options, const BatchSettings& settings,
                       BatchAccounts& accounts, job::Ledger& ledger, report::BatchPrinter& printer,
                       Context& context) {
  BatchSettings moved = settings;
  moved.purpose = Purpose::migrate;
  const auto earlier = job::Ledger::open_to_read(ledger_path(moved));
  Verification verification(accounts, settings.state_folder, settings.full,
                            earlier ? earlier->get() : nullptr);
  MBOXFERRY_ASSIGN(const job::Standing standing,
                   run_all(settings, verification, ledger, printer, context));
  if (!writes_to_standard_output(options))
    MBOXFERRY_TRY(write_batch_summary(context.out, ledger, standing, "verified"));
  MBOXFERRY_TRY(context.out.flush());
  std::vector<Error> failures;
  const auto written =
      write_report_file(options, "report-json", context.out, [&](report::TextOutput& file) {
        return report::write_verify_batch(file, batch_verdict(standing), verifications_of(ledger));
      });
  if (!written) failures.push_back(written.error());
  return status_with(exit_of(standing, context.interrupt), failures);
}

Result<int> run_accounts_of(const Options& options, Context& context) {
  MBOXFERRY_ASSIGN(const auto printer, make_batch_printer(options));
  MBOXFERRY_ASSIGN(const BatchSettings settings, read_settings(options));
  MBOXFERRY_ASSIGN(BatchAccounts accounts,
                   BatchAccounts::create(settings.csv, row_table(), options));
  if (settings.purpose == Purpose::verify) accounts.compare_only();
  MBOXFERRY_ASSIGN(const auto ledger, job::Ledger::open(ledger_path(settings)));
  MBOXFERRY_TRY(import(settings, accounts, *ledger, context.interrupt));
  MBOXFERRY_TRY(confine_batch(options, settings, accounts));
  if (settings.purpose != Purpose::verify)
    MBOXFERRY_TRY(accounts.check_choice(*ledger, context.interrupt));
  const auto run = settings.purpose == Purpose::plan     ? plan_all
                   : settings.purpose == Purpose::verify ? verify_all
                                                         : migrate_all;
  return run(options, settings, accounts, *ledger, *printer, context);
}

}  // namespace

Result<int> run_batch(const Arguments& arguments, Context& context) {
  const OptionTable table = batch_table();
  if (asks_for_help(arguments)) {
    MBOXFERRY_TRY(context.out.write(help_text(table)));
    return kExitSuccess;
  }
  MBOXFERRY_ASSIGN(const Options options, read_options(table, arguments));
  auto status = run_accounts_of(options, context);
  if (!status) note_early_end(options, status.error(), true);
  return status;
}

}  // namespace mboxferry::cli
