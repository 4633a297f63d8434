// SPDX-License-Identifier: Apache-2.0
// What migrate and retry share: options of a run, the run itself, and what is told at its end.
#pragma once

#include <string>

#include "cli/command.h"
#include "cli/options.h"
#include "mboxferry/report/progress.h"
#include "mboxferry/report/text_output.h"
#include "mboxferry/transfer/job.h"

namespace mboxferry::cli {

/// --append-mode.
void add_append_mode_option(boost::program_options::options_description& group);
Result<imap::AppendMode> read_append_mode(const Options& options);

/// Writes a document with `write` to the file of --report-json, if one is named.
template <typename Write>
Result<void> write_json_file(const Options& options, const Write& write) {
  const std::string path = options.text("report-json");
  if (path.empty()) return ok();
  MBOXFERRY_ASSIGN(const auto file, report::WholeFile::create(path));
  MBOXFERRY_TRY(write(*file));
  return file->commit();
}

/// Runs the job, writes the report that the options ask for and the summary, and returns the exit
/// status.
Result<int> transfer_now(const Options& options, const transfer::JobSettings& settings,
                         report::ProgressPrinter& printer, Context& context);

}  // namespace mboxferry::cli
