// SPDX-License-Identifier: Apache-2.0
// mboxferry status: where a job stands.
#include <unistd.h>

#include <filesystem>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/help.h"
#include "cli/job_source.h"
#include "cli/journal_options.h"
#include "cli/options.h"
#include "cli/sandbox_options.h"
#include "cli/state_place.h"
#include "mboxferry/report/job_report.h"
#include "mboxferry/report/jobs_summary.h"
#include "mboxferry/transfer/message_titles.h"

namespace mboxferry::cli {
OptionTable status_table() {
  OptionTable table;
  table.usage = "status [OPTION]... [JOURNAL]";
  table.about =
      "Shows what a job has done and what is left, from its journal, or the accounts of a batch\n"
      "from its state folder, which is looked at when nothing is named. Asks no server, changes\n"
      "nothing, and works while they run.\n";
  table.examples =
      "  mboxferry status\n"
      "  mboxferry status ~/.local/state/mboxferry/alice@example.org-....journal\n";
  table.positional = "journal";
  table.max_positional = 1;
  auto output = option_group("options");
  output.add_options()  //
      ("json", flag(),
       "a JSON document instead of text (jobs/schema/status.json; of a folder report.json)");
  add_owner_option(output);
  add_sandbox_option(output);
  output.add_options()("help,h", "this text");
  table.groups.push_back(output);
  return table;
}

namespace {

/// Of all journals in a folder.
Result<int> show_folder(const std::string& folder, const Options& options, Context& context) {
  JobSource jobs({folder}, takes_any_owner(options), context.interrupt);
  const bool json = options.has_flag("json");
  const report::AccountSource accounts = [&](const report::AccountVisitor& visit) {
    return jobs.visit(visit);
  };
  MBOXFERRY_TRY(json ? report::write_job_report(context.out, accounts)
                     : report::write_jobs_summary(context.out, accounts));
  return jobs.trouble() ? exit_status(jobs.trouble()->code) : kExitSuccess;
}

}  // namespace

Result<int> run_status(const Arguments& arguments, Context& context) {
  const OptionTable table = status_table();
  if (asks_for_help(arguments)) {
    MBOXFERRY_TRY(context.out.write(help_text(table)));
    return kExitSuccess;
  }
  MBOXFERRY_ASSIGN(const Options options, read_options(table, arguments));
  std::string path = options.text("journal");
  if (path.empty()) {
    MBOXFERRY_ASSIGN(path, existing_state_folder("a journal, or a folder of them"));
  }
  SandboxRights rights = rights_of(options);
  add_jobs(rights, {path});
  // The archives, in which the subjects of refused messages are.
  rights.reads_everything = true;
  rights.uses_network = false;
  confine(options, rights);
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return show_folder(path, options, context);
  MBOXFERRY_ASSIGN(const auto journal, open_journal(options, reading_mode(takes_any_owner(options)),
                                                    context.interrupt));
  if (options.has_flag("json")) {
    MBOXFERRY_TRY(report::write_status_report(context.out, *journal));
    return kExitSuccess;
  }
  const report::TitleOf title_of =
      takes_any_owner(options) ? report::TitleOf() : transfer::titles_of(*journal);
  MBOXFERRY_TRY(report::write_status_summary(context.out, *journal, title_of,
                                             report::columns_of(STDOUT_FILENO)));
  return kExitSuccess;
}

}  // namespace mboxferry::cli
