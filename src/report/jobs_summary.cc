// SPDX-License-Identifier: Apache-2.0
// The summary of many jobs.
#include "mboxferry/report/jobs_summary.h"

#include <fmt/format.h>

#include <map>
#include <string>

#include "mboxferry/report/printable.h"

namespace mboxferry::report {
namespace {

/// What the summary adds up.
struct Sums {
  std::string account;  ///< whose jobs are coming
  std::string verdict;  ///< the worst so far of those jobs that were not replaced
  std::map<std::string, std::uint64_t> verdicts;
  std::uint64_t accounts = 0;
  std::uint64_t replaced = 0;
  std::uint64_t meant = 0;
  journal::Count stored;
  std::uint64_t refused = 0;
  std::uint64_t skipped = 0;

  /// The jobs of an account have all come.
  void end_account() {
    if (!verdict.empty()) ++verdicts[verdict];
    verdict.clear();
  }
};

Result<void> add_job(Sums& sums, Spool& lines, const RunFacts& run,
                     const journal::Journal* journal) {
  journal::MailboxCounts counts;
  if (journal != nullptr) {
    MBOXFERRY_ASSIGN(counts, journal->counts(0));
  }
  if (sums.accounts == 0 || sums.account != run.account()) {
    sums.end_account();
    ++sums.accounts;
    sums.account = run.account();
  }
  sums.stored.messages += counts.stored.messages;
  sums.stored.bytes += counts.stored.bytes;
  sums.skipped += counts.skipped.messages;
  if (run.replaced) {
    ++sums.replaced;
    sums.meant += counts.stored.messages;
    return ok();
  }
  sums.verdict =
      sums.verdict.empty() ? run.verdict : std::string(worse_verdict(sums.verdict, run.verdict));
  sums.meant += meant_for(counts).messages;
  sums.refused += counts.refused.messages;
  if (run.verdict == "complete") return ok();
  return lines.write(
      fmt::format("  {}: {}: {} of {} stored, {} refused{}{}\n", verdict_words(run.verdict),
                  printable(run.account()), counts.stored.messages,
                  counted(meant_for(counts).messages, "message"), counts.refused.messages,
                  run.reason.empty() ? "" : ": ", printable(run.reason)));
}

}  // namespace

Result<void> write_jobs_summary(TextOutput& out, const AccountSource& accounts) {
  Sums sums;
  Spool lines;
  MBOXFERRY_TRY(accounts([&](const RunFacts& run, const journal::Journal* journal) {
    return add_job(sums, lines, run, journal);
  }));
  sums.end_account();
  std::string verdicts;
  for (const auto& [verdict, count] : sums.verdicts) {
    verdicts +=
        fmt::format("{} {} {}", verdicts.empty() ? ":" : ",", count, verdict_words(verdict));
  }
  MBOXFERRY_TRY(out.write(counted(sums.accounts, "account") + verdicts + "\n"));
  MBOXFERRY_TRY(out.write(fmt::format("{} of {} stored ({}), {} refused, {} skipped\n",
                                      sums.stored.messages, counted(sums.meant, "message"),
                                      human_bytes(sums.stored.bytes), sums.refused, sums.skipped)));
  MBOXFERRY_TRY(lines.copy_to(out));
  if (sums.replaced == 0) return ok();
  return out.write(
      fmt::format("{} replaced by later ones of the same account; mboxferry jobs "
                  "lists them\n",
                  counted(sums.replaced, "job")));
}

}  // namespace mboxferry::report
