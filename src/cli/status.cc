// SPDX-License-Identifier: Apache-2.0
// mboxferry status: where a job stands.
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/journal_options.h"
#include "cli/options.h"
#include "mboxferry/report/job_report.h"

namespace mboxferry::cli {
namespace {

OptionTable status_table() {
  OptionTable table;
  table.usage = "status [OPTION]... JOURNAL";
  table.about =
      "Shows what a job has done and what is left, from its journal. Asks no server, changes\n"
      "nothing, and works while the job runs.\n";
  table.examples = "  mboxferry status ~/.local/state/mboxferry/alice@example.org-....journal\n";
  table.positional = "journal";
  table.max_positional = 1;
  auto output = option_group("options");
  output.add_options()                                                               //
      ("json", flag(), "a JSON document (jobs/schema/status.json) instead of text")  //
      ("help,h", "this text");
  table.groups.push_back(output);
  return table;
}

}  // namespace

Result<int> run_status(const Arguments& arguments, Context& context) {
  const OptionTable table = status_table();
  if (asks_for_help(arguments)) {
    MBOXFERRY_TRY(context.out.write(help_text(table)));
    return kExitSuccess;
  }
  MBOXFERRY_ASSIGN(const Options options, read_options(table, arguments));
  MBOXFERRY_ASSIGN(const auto journal, open_journal(options, journal::OpenMode::read_only));
  MBOXFERRY_TRY(options.has_flag("json") ? report::write_status_report(context.out, *journal)
                                         : report::write_status_summary(context.out, *journal));
  return kExitSuccess;
}

}  // namespace mboxferry::cli
