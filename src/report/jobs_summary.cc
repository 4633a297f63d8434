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
  std::map<std::string, std::uint64_t> verdicts;
  std::uint64_t accounts = 0;
  std::uint64_t meant = 0;
  journal::Count stored;
  std::uint64_t refused = 0;
  std::uint64_t skipped = 0;
};

Result<void> add_account(Sums& sums, Spool& lines, const RunFacts& run,
                         const journal::Journal* journal) {
  journal::MailboxCounts counts;
  if (journal != nullptr) {
    MBOXFERRY_ASSIGN(counts, journal->counts(0));
  }
  ++sums.accounts;
  ++sums.verdicts[run.verdict];
  sums.meant += meant_for(counts).messages;
  sums.stored.messages += counts.stored.messages;
  sums.stored.bytes += counts.stored.bytes;
  sums.refused += counts.refused.messages;
  sums.skipped += counts.skipped.messages;
  if (run.verdict == "complete") return ok();
  return lines.write(
      fmt::format("  {}: {}: {} of {} stored, {} refused{}{}\n", printable(run.verdict),
                  printable(run.account()), counts.stored.messages,
                  counted(meant_for(counts).messages, "message"), counts.refused.messages,
                  run.reason.empty() ? "" : ": ", printable(run.reason)));
}

}  // namespace

Result<void> write_jobs_summary(TextOutput& out, const AccountSource& accounts) {
  Sums sums;
  Spool lines;
  MBOXFERRY_TRY(accounts([&](const RunFacts& run, const journal::Journal* journal) {
    return add_account(sums, lines, run, journal);
  }));
  std::string verdicts;
  for (const auto& [verdict, count] : sums.verdicts) {
    verdicts += fmt::format("{} {} {}", verdicts.empty() ? ":" : ",", count, printable(verdict));
  }
  MBOXFERRY_TRY(out.write(counted(sums.accounts, "account") + verdicts + "\n"));
  MBOXFERRY_TRY(out.write(fmt::format("{} of {} stored ({}), {} refused, {} skipped\n",
                                      sums.stored.messages, counted(sums.meant, "message"),
                                      human_bytes(sums.stored.bytes), sums.refused, sums.skipped)));
  return lines.copy_to(out);
}

}  // namespace mboxferry::report
