// SPDX-License-Identifier: Apache-2.0
// mboxferry report: what jobs did, from their journals.
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/help.h"
#include "cli/job_source.h"
#include "cli/journal_options.h"
#include "cli/options.h"
#include "cli/run_transfer.h"
#include "cli/sandbox_options.h"
#include "cli/state_place.h"
#include "mboxferry/base/time.h"
#include "mboxferry/report/csv_ledger.h"
#include "mboxferry/report/html_page.h"
#include "mboxferry/report/job_report.h"
#include "mboxferry/report/jobs_summary.h"

namespace mboxferry::cli {
namespace {

namespace po = boost::program_options;

}  // namespace

OptionTable report_table() {
  OptionTable table;
  table.usage = "report [OPTION]... [JOB]...";
  table.about =
      "Writes what jobs did and what is left, from their journals. A JOB is a journal, or a\n"
      "folder that holds journals (*.journal) and what batches know of accounts that they have\n"
      "not begun (*.ledger), such as the state folder of a batch or of its shards, down to the\n"
      "third folder below it; by default\n"
      "~/.local/state/mboxferry. Asks no server, changes nothing, and works while jobs run. "
      "Without\n"
      "an option, a summary is printed.\n";
  table.examples =
      "  mboxferry report\n"
      "  mboxferry report shard-1 shard-2 --html report.html --json report.json\n"
      "  mboxferry report alice.journal --csv -\n";
  table.positional = "job";
  auto output = option_group("what is written; FILE may be - for standard output");
  output.add_options()  //
      ("json", po::value<std::string>()->value_name("FILE"),
       "a document for programs (jobs/schema/report.json)")  //
      ("csv", po::value<std::string>()->value_name("FILE"),
       "a row a message, for a spreadsheet")  //
      ("html", po::value<std::string>()->value_name("FILE"),
       "a page with charts for a browser; it needs no network");
  add_owner_option(output);
  add_sandbox_option(output);
  output.add_options()("help,h", "this text");
  table.groups.push_back(output);
  return table;
}

namespace {

constexpr const char* kFormats[] = {"json", "csv", "html"};

Result<void> check_places(const Options& options) {
  MBOXFERRY_TRY(check_apart(options, kFormats));
  for (const char* format : kFormats) {
    const std::string path = options.text(format);
    if (!path.empty() && path != "-") MBOXFERRY_TRY(report::check_creatable(path));
  }
  return ok();
}

Result<void> write_format(std::string_view format, report::TextOutput& out,
                          const report::AccountSource& accounts) {
  if (format == "json") return report::write_job_report(out, accounts);
  if (format == "csv") return report::write_csv_ledger(out, accounts);
  return report::write_html_page(out, accounts, system_clock().unix_seconds());
}

Result<void> write_report(const char* format, const std::string& path, JobSource& jobs,
                          Context& context) {
  const report::AccountSource accounts = [&](const report::AccountVisitor& visit) {
    return jobs.visit(visit);
  };
  if (path == "-") return write_format(format, context.out, accounts);
  MBOXFERRY_ASSIGN(const auto file, report::WholeFile::create(path));
  MBOXFERRY_TRY(write_format(format, *file, accounts));
  return file->commit();
}

Result<void> write_all_reports(const Options& options, JobSource& jobs, Context& context) {
  bool written = false;
  for (const char* format : kFormats) {
    const std::string path = options.text(format);
    if (path.empty()) continue;
    MBOXFERRY_TRY(write_report(format, path, jobs, context));
    written = true;
  }
  if (written) return ok();
  return report::write_jobs_summary(
      context.out, [&](const report::AccountVisitor& visit) { return jobs.visit(visit); });
}

}  // namespace

Result<int> run_report(const Arguments& arguments, Context& context) {
  const OptionTable table = report_table();
  if (asks_for_help(arguments)) {
    MBOXFERRY_TRY(context.out.write(help_text(table)));
    return kExitSuccess;
  }
  MBOXFERRY_ASSIGN(const Options options, read_options(table, arguments));
  auto places = options.texts("job");
  if (places.empty()) {
    MBOXFERRY_ASSIGN(places.emplace_back(),
                     existing_state_folder("a journal, or a folder of them"));
  }
  MBOXFERRY_TRY(check_places(options));
  SandboxRights rights = rights_of(options);
  for (const char* format : kFormats) {
    const std::string path = options.text(format);
    if (!path.empty() && path != "-") add_output(rights, path);
  }
  add_jobs(rights, places);
  // The archives, in which the subjects of messages are.
  rights.reads_everything = true;
  rights.uses_network = false;
  confine(options, rights);
  JobSource jobs(std::move(places), takes_any_owner(options), context.interrupt);
  MBOXFERRY_TRY(write_all_reports(options, jobs, context));
  // It has been told already; the status says that something is missing.
  return jobs.trouble() ? exit_status(jobs.trouble()->code) : kExitSuccess;
}

}  // namespace mboxferry::cli
