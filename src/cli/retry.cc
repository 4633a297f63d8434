// SPDX-License-Identifier: Apache-2.0
// mboxferry retry: send the refused messages of a job once more.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "cli/command.h"
#include "cli/connection_options.h"
#include "cli/credentials.h"
#include "cli/exit_codes.h"
#include "cli/filing_options.h"
#include "cli/help.h"
#include "cli/job_account.h"
#include "cli/job_settings.h"
#include "cli/journal_options.h"
#include "cli/limit_options.h"
#include "cli/options.h"
#include "cli/profile_login.h"
#include "cli/progress_options.h"
#include "cli/run_transfer.h"
#include "cli/sandbox_options.h"
#include "mboxferry/report/job_report.h"
#include "mboxferry/report/printable.h"
#include "mboxferry/transfer/refused.h"
#include "mboxferry/transfer/settings.h"

namespace mboxferry::cli {
namespace {

namespace po = boost::program_options;

}  // namespace

OptionTable retry_table() {
  OptionTable table;
  table.usage = "retry [OPTION]... JOURNAL";
  table.about =
      "Sends the messages of a job once more that the server refused, for example after a limit\n"
      "was raised or a filter changed, and goes on with the job if it was not finished. What is\n"
      "stored is not sent again. The archive must be where it was; if it is not, the file of\n"
      "refused messages beside the journal is an archive of its own, to be migrated.\n";
  table.examples =
      "  mboxferry retry job.journal --password-file secret\n"
      "  mboxferry retry job.journal --reason too-big --in 'Lists/*'\n";
  table.positional = "journal";
  table.max_positional = 1;
  auto choice = option_group("which messages; all refused ones by default");
  choice.add_options()  //
      ("reason", po::value<std::vector<std::string>>()->composing()->value_name("CODE"),
       "only those refused with this code, as status shows it, none for those without a code; may "
       "be given several times")  //
      ("in", po::value<std::vector<std::string>>()->composing()->value_name("MAILBOX"),
       "only those of this mailbox; may have the wildcards * and ?, and be given several times");
  auto job = option_group("the job");
  add_unread_option(job);
  job.add_options()("report-json", po::value<std::string>()->value_name("FILE"),
                    "write a report (jobs/schema/report.json); - is standard output");
  add_strict_option(job);
  add_resend_option(job);
  add_report_options(job);
  add_progress_option(job);
  add_sandbox_option(job);
  job.add_options()  //
      ("config", po::value<std::string>()->value_name("FILE"),
       "take options from this job file")  //
      ("help,h", "this text");
  auto connection = option_group("connection; what is not given is as it was for the job");
  add_connection_options(connection);
  add_journal_target_option(connection);
  add_append_mode_option(connection);
  auto limits = option_group("limits; none by default, and 0 stands for none");
  add_limit_options(limits);
  add_connection_limit_options(connection);
  auto password = option_group("password; asked for on the terminal when none is given");
  add_password_options(password);
  add_login_options(password);
  for (const auto& group : {choice, job, connection, limits, password})
    table.groups.push_back(group);
  return table;
}

namespace {

transfer::RefusedChoice read_choice(const Options& options) {
  return {options.texts("reason"), options.texts("in")};
}

/// Nothing is left to send. A retry that was killed leaves something, and the same command goes on.
Result<bool> is_finished(const journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const auto folders, journal.folders());
  MBOXFERRY_ASSIGN(const auto counts, journal.counts(0));
  return counts.planned.messages + counts.intended.messages == 0 &&
         std::all_of(folders.begin(), folders.end(),
                     [](const journal::FolderRow& folder) { return folder.index_done; });
}

/// Everything of the job but a password that is asked for on the terminal. Archives are opened in
/// the sandbox.
Result<transfer::JobSettings> read_settings(const Options& options,
                                            const ConnectionSettings& connection,
                                            const journal::Journal& journal,
                                            const Cancellation& interrupt) {
  MBOXFERRY_ASSIGN(const auto identity, journal.identity());
  MBOXFERRY_ASSIGN(transfer::JobSettings settings, transfer::settings_of(identity));
  MBOXFERRY_ASSIGN(settings.account, job_account(journal, connection));
  MBOXFERRY_TRY(
      confirm_journal_target(options, journal, settings.account, settings.archives, interrupt));
  MBOXFERRY_TRY(read_lists_of_job(journal, settings.senders));
  settings.index.now = system_clock().unix_seconds();
  MBOXFERRY_ASSIGN(settings.append_mode, read_append_mode(options));
  MBOXFERRY_ASSIGN(settings.connections, read_connection_limits(options));
  MBOXFERRY_ASSIGN(settings.retry_for, read_retry_for(options));
  MBOXFERRY_ASSIGN(settings.limits, read_rate_limits(options));
  MBOXFERRY_ASSIGN(settings.quota_reserve, read_quota_reserve(options));
  MBOXFERRY_ASSIGN(const bool accepted, journal::unread_accepted(journal));
  settings.accept_unread = options.has_flag("accept-unread") || accepted;
  settings.journal_path = journal.path();
  settings.outputs = output_files(options);
  settings.retry = read_choice(options);
  settings.strict = options.has_flag("strict");
  settings.resend_doubtful = options.has_flag("resend-doubtful");
  MBOXFERRY_TRY(check_report_files(options));
  MBOXFERRY_ASSIGN(settings.connection, make_connection_options(connection));
  if (connection.credentials.runs_command())
    MBOXFERRY_TRY(get_credentials(connection.credentials, settings.account, interrupt));
  SandboxRights rights = rights_of(options);
  add_archives(rights, settings.archives, settings.open.follow_links);
  add_journal(rights, journal.path());
  if (!settings.account.ca_file.empty()) add_input(rights, settings.account.ca_file);
  for (const std::string& input : connection.credentials.files()) add_input(rights, input);
  MBOXFERRY_TRY(add_profile(rights, connection.credentials.profile));
  if (!connection.credentials.runs_command_later()) confine(options, rights);
  MBOXFERRY_ASSIGN(settings.opened, archive::Archive::open_all(settings.archives, settings.open));
  return settings;
}

Result<int> retry(const Options& options, Context& context) {
  MBOXFERRY_ASSIGN(const ConnectionSettings connection, read_connection_settings(options));
  MBOXFERRY_ASSIGN(auto journal,
                   open_journal(options, journal::OpenMode::read_only, context.interrupt));
  MBOXFERRY_ASSIGN(const auto refused, transfer::find_refused(*journal, read_choice(options)));
  MBOXFERRY_ASSIGN(const bool finished, is_finished(*journal));
  if (finished && refused.reasons.empty()) {
    MBOXFERRY_TRY(context.out.write("no message of this job is refused\n"));
    return kExitSuccess;
  }
  if (finished && refused.chosen.empty()) {
    return Error{
        ErrorCode::usage, "no refused message is one of those that are asked for",
        fmt::format("the reasons are {}; status lists the messages",
                    report::printable(fmt::format("{}", fmt::join(refused.reasons, ", "))))};
  }
  MBOXFERRY_ASSIGN(transfer::JobSettings settings,
                   read_settings(options, connection, *journal, context.interrupt));
  MBOXFERRY_ASSIGN(const auto printer, make_printer(options, settings.account.label()));
  journal.reset();
  if (!connection.credentials.runs_command())
    MBOXFERRY_TRY(get_credentials(connection.credentials, settings.account, context.interrupt));
  return transfer_now(options, settings, *printer, context);
}

}  // namespace

Result<int> run_retry(const Arguments& arguments, Context& context) {
  const OptionTable table = retry_table();
  if (asks_for_help(arguments)) {
    MBOXFERRY_TRY(context.out.write(help_text(table)));
    return kExitSuccess;
  }
  MBOXFERRY_ASSIGN(const Options options, read_options(table, arguments));
  auto status = retry(options, context);
  if (!status) note_early_end(options, status.error(), false);
  return status;
}

}  // namespace mboxferry::cli
