// SPDX-License-Identifier: Apache-2.0
// What became of a batch, and what happens while it runs.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/job/ledger.h"
#include "mboxferry/job/scheduler.h"
#include "mboxferry/report/batch_progress.h"
#include "mboxferry/report/job_report.h"
#include "mboxferry/report/plan_report.h"
#include "mboxferry/report/text_output.h"
#include "mboxferry/report/verify_batch.h"

namespace mboxferry::cli {

/// The verdict in reports of an account in this state.
std::string_view verdict_of(job::AccountState state);

/// What the ledger alone knows of an account.
report::RunFacts ledger_facts(const job::Entry& entry);

/// The accounts of a report, one after the other from their journals in `state_folder`. Both
/// arguments must live longer.
report::AccountSource accounts_of(const job::Ledger& ledger, const std::string& state_folder);

/// What a dry run found about all accounts together.
struct BatchTotals {
  job::Standing standing;
  std::optional<report::PlanTime> time;  ///< nothing: no account could be looked at
};

bool all_can_go(const BatchTotals& totals);

/// The accounts of a plan, from what the dry run noted. The ledger must live longer.
report::PlanSource plans_of(const job::Ledger& ledger);

/// The accounts of `batch --verify`, from what the comparison noted. The ledger must live longer.
report::VerifiedSource verifications_of(const job::Ledger& ledger);

/// The worst verdict of all accounts.
std::string batch_verdict(const job::Standing& standing);

/// For people: a line for each account, those that cannot go last, and then GO or NO GO for all.
Result<void> write_batch_plan_summary(report::TextOutput& out, const job::Ledger& ledger,
                                      const BatchTotals& totals);

/// For people: how many accounts are how, and the first that are not complete, with the reason.
/// `done`: what became of the messages, "stored".
Result<void> write_batch_summary(report::TextOutput& out, const job::Ledger& ledger,
                                 const job::Standing& standing, std::string_view done);

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
