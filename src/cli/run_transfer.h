// SPDX-License-Identifier: Apache-2.0
// What migrate and retry share: options of a run, the run itself, and what is told at its end.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/options.h"
#include "mboxferry/report/job_report.h"
#include "mboxferry/report/plan_report.h"
#include "mboxferry/report/progress.h"
#include "mboxferry/report/text_output.h"
#include "mboxferry/transfer/settings.h"

namespace mboxferry::cli {

/// --append-mode.
void add_append_mode_option(boost::program_options::options_description& group);
Result<imap::AppendMode> read_append_mode(const Options& options);

/// --report-csv, --report-html and --metrics-file, beside the command's own --report-json.
void add_report_options(boost::program_options::options_description& group);
/// Fails when a report that is asked for could not be created, and --metrics-file with --dry-run.
Result<void> check_report_files(const Options& options);

/// Fails with `usage` when two of these options name one output, or one names none.
Result<void> check_apart(const Options& options, std::span<const char* const> outputs);

/// True when a report goes to standard output (`-`), which then has no other result.
bool writes_to_standard_output(const Options& options);

/// Writes a document with `write` to the file that the option names, if it names one; `out` is
/// standard output.
template <typename Write>
Result<void> write_report_file(const Options& options, const char* option, report::TextOutput& out,
                               const Write& write) {
  const std::string path = options.text(option);
  if (path.empty()) return ok();
  if (path == "-") {
    MBOXFERRY_TRY(write(out));
    return out.flush();
  }
  MBOXFERRY_ASSIGN(const auto file, report::WholeFile::create(path));
  MBOXFERRY_TRY(write(*file));
  return file->commit();
}

/// Writes those of --report-json, --report-csv and --report-html that are asked for, each whatever
/// became of the others. Returns the errors.
std::vector<Error> write_run_reports(const Options& options, const report::AccountSource& accounts,
                                     report::TextOutput& out);

/// The same for the plan of a dry run.
std::vector<Error> write_plan_reports(const Options& options, bool go,
                                      const std::optional<report::PlanTime>& time,
                                      const report::PlanSource& accounts, report::TextOutput& out);

/// Says what could not be written. The status is that of the first failure where all else went
/// well, else `status`.
int status_with(int status, const std::vector<Error>& failures);

/// Puts the status of a run that fails before it has begun into the file of --metrics-file, which
/// else would tell of the run before it for ever. Not when the options are wrong.
void note_early_end(const Options& options, const Error& error, bool is_batch);

/// Runs the job, writes the summary and the reports that the options ask for, says what failed, and
/// returns the exit status: that of the job's own error before that of what could not be written.
Result<int> transfer_now(const Options& options, const transfer::JobSettings& settings,
                         report::ProgressPrinter& printer, Context& context);

}  // namespace mboxferry::cli
