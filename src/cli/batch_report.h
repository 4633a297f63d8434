// SPDX-License-Identifier: Apache-2.0
// What became of a batch, and what happens while it runs.
#pragma once

#include "mboxferry/base/cancellation.h"
#include "mboxferry/job/ledger.h"
#include "mboxferry/job/scheduler.h"
#include "mboxferry/report/batch_progress.h"
#include "mboxferry/report/job_report.h"
#include "mboxferry/report/text_output.h"

namespace mboxferry::cli {

/// The accounts of a report, one after the other from their journals. `ledger` must live longer.
report::AccountSource accounts_of(const job::Ledger& ledger);

/// Schema mboxferry.plan/1, from what the dry run noted.
Result<void> write_batch_plan(report::TextOutput& out, const job::Ledger& ledger,
                              const job::Standing& standing);

/// For people: how many accounts are how, and the first that are not complete, with the reason.
Result<void> write_batch_summary(report::TextOutput& out, const job::Ledger& ledger,
                                 const job::Standing& standing, bool dry_run);

/// Hands the scheduler's events to a printer, which must live longer.
class BatchPrintingObserver final : public job::BatchObserver {
 public:
  BatchPrintingObserver(report::BatchPrinter& printer, const Cancellation& interrupt)
      : printer_(printer), interrupt_(interrupt) {}
  void progress(const job::BatchProgress& progress) override;
  void notice(std::string_view account, std::string_view line) override {
    printer_.notice(account, line);
  }

 private:
  report::BatchPrinter& printer_;
  const Cancellation& interrupt_;
  bool told_ = false;
};

}  // namespace mboxferry::cli
