// SPDX-License-Identifier: Apache-2.0
// The plan of a dry run as a table for a spreadsheet program.
#include <fmt/format.h>

#include "mboxferry/report/csv_ledger.h"
#include "mboxferry/report/plan_paper.h"
#include "report/plan_account.h"

namespace mboxferry::report {

Result<void> write_plan_csv(TextOutput& out, const PlanSource& accounts) {
  MBOXFERRY_TRY(
      out.write("account,go,reason,mailbox,exists,messages,bytes,too_big,left_out,flags_lost,"
                "dates_corrected,stored,in_doubt,refused,renamed_from,blocked,"
                "allowed\r\n"));
  return accounts([&](const std::string& text) -> Result<void> {
    MBOXFERRY_ASSIGN(const PlanAccount account, PlanAccount::parse(text));
    const std::string begin = fmt::format(
        "{},{},{}", csv_field(account.name), account.go ? "yes" : "no",
        csv_field(account.go ? "" : fmt::format("{}", fmt::join(account.reasons, "; "))));
    if (account.mailboxes.empty()) return out.write(begin + ",,,,,,,,,,,,,,\r\n");
    for (const PlanRow& row : account.mailboxes) {
      const journal::SenderTotals senders = row.senders.value_or(journal::SenderTotals{});
      MBOXFERRY_TRY(out.write(fmt::format(
          "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n", begin, csv_field(row.name),
          row.exists ? "yes" : "no", row.planned, row.bytes, row.oversize, row.skipped,
          row.lost_flags, row.date_corrections, row.stored, row.in_doubt, row.refused,
          csv_field(row.renamed_from), senders.blocked, senders.allowed)));
    }
    return ok();
  });
}

}  // namespace mboxferry::report
