// SPDX-License-Identifier: Apache-2.0
// --progress, and the observer that feeds the printer.
#pragma once

#include <memory>
#include <string>

#include "cli/options.h"
#include "mboxferry/base/cancellation.h"
#include "mboxferry/report/batch_progress.h"
#include "mboxferry/report/progress.h"
#include "mboxferry/transfer/progress.h"

namespace mboxferry::cli {

void add_progress_option(boost::program_options::options_description& group);

/// The printer that --progress asks for, on standard error, about `account`. Without the option:
/// live on a terminal, else plain.
Result<std::unique_ptr<report::ProgressPrinter>> make_printer(const Options& options,
                                                              std::string account = {});

/// The same for a batch.
Result<std::unique_ptr<report::BatchPrinter>> make_batch_printer(const Options& options);

report::ProgressSample progress_sample(const transfer::Progress& progress);

/// Hands a job's events to a printer, which must live longer.
class PrintingObserver final : public transfer::Observer {
 public:
  /// `interrupt` is told once it is heard, so that the user knows that waiting is right.
  PrintingObserver(report::ProgressPrinter& printer, const Cancellation& interrupt)
      : printer_(printer), interrupt_(interrupt) {}
  void progress(const transfer::Progress& progress) override;
  void notice(std::string_view line) override { printer_.notice(line); }

 private:
  report::ProgressPrinter& printer_;
  const Cancellation& interrupt_;
  bool told_ = false;
};

}  // namespace mboxferry::cli
