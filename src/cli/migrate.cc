// SPDX-License-Identifier: Apache-2.0
// mboxferry migrate: archives into one account, or what would happen.
#include <unistd.h>

#include <algorithm>

#include "cli/archive_options.h"
#include "cli/command.h"
#include "cli/connection_options.h"
#include "cli/credentials.h"
#include "cli/exit_codes.h"
#include "cli/filing_options.h"
#include "cli/help.h"
#include "cli/job_settings.h"
#include "cli/limit_options.h"
#include "cli/mapping_options.h"
#include "cli/options.h"
#include "cli/plan_facts.h"
#include "cli/profile_login.h"
#include "cli/progress_options.h"
#include "cli/run_transfer.h"
#include "cli/sandbox_options.h"
#include "cli/state_place.h"
#include "cli/unmet_choice.h"
#include "mboxferry/archive/archive.h"
#include "mboxferry/report/job_report.h"
#include "mboxferry/report/plan_report.h"
#include "mboxferry/transfer/plan_job.h"
#include "mboxferry/transfer/settings.h"

namespace mboxferry::cli {
namespace {

namespace po = boost::program_options;

}  // namespace

OptionTable migrate_table() {
  OptionTable table;
  table.usage = "migrate [OPTION]... ARCHIVE... --to imaps://USER@HOST/MAILBOX";
  table.about =
      "Puts the messages of archives into the mailboxes of one account, each exactly once. "
      "Running\n"
      "the same command again goes on where it ended, however it ended. Ctrl-C finishes what is "
      "in\n"
      "flight first; a second one stops at once, which is safe too. An ARCHIVE is an mbox file, a\n"
      "Maildir, .eml files, a folder of them, any of these in a zip or tar archive or compressed,\n"
      "or - for standard input. Archives are only read.\n";
  table.examples =
      "  mboxferry migrate Archive.mbox --dry-run \\\n"
      "      --to imaps://alice%40example.org@imap.example.org/\n"
      "  mboxferry migrate Archive.mbox --to imaps://alice@imap.example.org/Old \\\n"
      "      --password-file secret --report-json report.json\n"
      "  mboxferry migrate ~/Mail --host localhost --port 10143 --tls starttls \\\n"
      "      --user alice --ca-file ca.pem --password-command 'pass show mail/alice'\n";
  table.positional = "archive";
  auto target = option_group("where to");
  add_target_options(target);
  auto password = option_group("password; asked for on the terminal when none is given");
  add_password_options(password);
  add_login_options(password);
  auto connection = option_group("connection");
  add_connection_options(connection);
  add_append_mode_option(connection);
  auto limits = option_group("limits; none by default, and 0 stands for none");
  add_limit_options(limits);
  add_connection_limit_options(connection);
  auto reading = option_group("how archives are read, and what is sent");
  add_reading_options(reading);
  add_sending_options(reading);
  auto mapping = option_group("which folders, and into which mailboxes");
  add_folder_options(mapping);
  add_mapping_options(mapping);
  auto senders = option_group("sender lists (docs/senders.md)");
  add_filing_options(senders);
  auto job = option_group("the job");
  add_copies_options(job);
  add_unread_option(job);
  add_probe_option(job);
  job.add_options()  //
      ("dry-run,n", flag(),
       "read everything, log in, and say what would happen; changes nothing")  //
      ("journal", po::value<std::string>()->value_name("FILE"),
       "where the job's state is kept")  //
      ("state-dir", po::value<std::string>()->value_name("DIR"),
       "keep it under a name of its own here (default: ~/.local/state/mboxferry)")  //
      ("report-json", po::value<std::string>()->value_name("FILE"),
       "write a report (jobs/schema/report.json; with --dry-run plan.json); - is standard output");
  add_report_options(job);
  add_progress_option(job);
  add_sandbox_option(job);
  job.add_options()  //
      ("config", po::value<std::string>()->value_name("FILE"),
       "take options from this job file, lines of name = value; MBOXFERRY_NAME in the environment "
       "beats it, and the command line beats both")  //
      ("help,h", "this text");
  for (const auto& group : {target, password, connection, limits, reading, mapping, senders, job})
    table.groups.push_back(group);
  return table;
}

namespace {

/// A dry run creates no folder for it.
Result<std::string> journal_path(const Options& options, const transfer::JobSettings& settings) {
  if (const std::string path = options.text("journal"); !path.empty()) return path;
  MBOXFERRY_ASSIGN(const std::string folder, options.has_flag("dry-run")
                                                 ? state_folder_name(options)
                                                 : state_folder(options));
  return folder + "/" +
         journal_name(settings.account.label(), settings.archives, settings.mapping.mailbox);
}

bool all_there(const std::vector<std::string>& archives) {
  return std::all_of(archives.begin(), archives.end(), [](const std::string& archive) {
    return archive == "-" || ::access(archive.c_str(), F_OK) == 0;
  });
}

/// Everything but a password that is asked for on the terminal, which comes last. Archives are
/// opened in the sandbox. A password command cannot run there, so it runs before.
Result<transfer::JobSettings> read_settings(const Options& options,
                                            const ConnectionSettings& connection,
                                            const Cancellation& interrupt) {
  MBOXFERRY_ASSIGN(auto archives, archives_of(options));
  MBOXFERRY_ASSIGN(transfer::JobSettings settings, read_job_settings(options, connection));
  settings.archives = std::move(archives);
  MBOXFERRY_TRY(refuse_filing_without_lists(options, settings.senders));
  SenderListReader lists;
  MBOXFERRY_TRY(lists.read(settings.senders));
  // A name that is not there is told before anybody is asked for a password.
  if (!all_there(settings.archives))
    MBOXFERRY_TRY(archive::Archive::open_all(settings.archives, settings.open));
  MBOXFERRY_TRY(check_report_files(options));
  auto journal = journal_path(options, settings);
  if (!journal && !options.has_flag("dry-run")) return journal.error();
  settings.journal_path = journal ? *std::move(journal) : "";
  if (auto folder = state_folder_name(options)) settings.state_folder = *std::move(folder);
  settings.asks_older_jobs = true;
  MBOXFERRY_ASSIGN(settings.connection, make_connection_options(connection));
  if (connection.credentials.runs_command())
    MBOXFERRY_TRY(get_credentials(connection.credentials, settings.account, interrupt));
  SandboxRights rights = rights_of(options);
  add_archives(rights, settings.archives, settings.open.follow_links);
  if (!settings.journal_path.empty()) add_journal(rights, settings.journal_path);
  if (!settings.state_folder.empty()) rights.workplaces.push_back(settings.state_folder);
  for (const std::string& input : connection.credentials.files()) add_input(rights, input);
  MBOXFERRY_TRY(add_profile(rights, connection.credentials.profile));
  if (!connection.credentials.runs_command_later()) confine(options, rights);
  MBOXFERRY_ASSIGN(settings.opened, archive::Archive::open_all(settings.archives, settings.open));
  MBOXFERRY_TRY(check_choice(settings, settings.opened));
  return settings;
}

Result<int> dry_run(const Options& options, const transfer::JobSettings& settings,
                    report::ProgressPrinter& printer, Context& context) {
  PrintingObserver observer(printer, context.interrupt);
  auto plan = transfer::plan_job(settings, observer, context.interrupt);
  printer.finish();
  if (const auto journal = journal_path(options, settings); plan && !journal) {
    plan->go = false;
    plan->reasons.insert(plan->reasons.begin(), describe(journal.error()));
  }
  const report::PlanFacts facts =
      plan ? plan_facts(settings, *plan)
           : no_plan(settings.account.user, settings.account.host, plan.error().what);
  if (plan && !writes_to_standard_output(options)) {
    MBOXFERRY_TRY(report::write_plan_summary(context.out, facts));
    MBOXFERRY_TRY(context.out.flush());
  }
  // An older plan must not stay behind a dry run that could not make one.
  const std::vector<Error> failures = write_plan_reports(
      options, facts.go, facts.time,
      [&](const report::PlanVisitor& visit) { return visit(report::plan_account_json(facts)); },
      context.out);
  if (plan) return status_with(plan->go ? kExitSuccess : kExitFailed, failures);
  for (const Error& failure : failures) say_error(failure);
  return plan.error();
}

Result<int> migrate(const Options& options, Context& context) {
  MBOXFERRY_ASSIGN(const ConnectionSettings connection, read_connection_settings(options));
  MBOXFERRY_ASSIGN(transfer::JobSettings settings,
                   read_settings(options, connection, context.interrupt));
  MBOXFERRY_ASSIGN(const auto printer, make_printer(options, settings.account.label()));
  if (!connection.credentials.runs_command())
    MBOXFERRY_TRY(get_credentials(connection.credentials, settings.account, context.interrupt));
  return options.has_flag("dry-run") ? dry_run(options, settings, *printer, context)
                                     : transfer_now(options, settings, *printer, context);
}

}  // namespace

Result<int> run_migrate(const Arguments& arguments, Context& context) {
  const OptionTable table = migrate_table();
  if (asks_for_help(arguments)) {
    MBOXFERRY_TRY(context.out.write(help_text(table)));
    return kExitSuccess;
  }
  MBOXFERRY_ASSIGN(const Options options, read_options(table, arguments));
  auto status = migrate(options, context);
  if (!status) note_early_end(options, status.error(), false);
  return status;
}

}  // namespace mboxferry::cli
