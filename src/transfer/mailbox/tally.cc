// SPDX-License-Identifier: Apache-2.0
// Counting over the journal.
#include "transfer/mailbox/tally.h"

#include <cstring>
#include <string>

namespace mboxferry::transfer {

Result<Tally> tally(const journal::Journal& journal, journal::MailboxId mailbox,
                    std::initializer_list<journal::State> states, const plan::FlagLimits& limits,
                    std::optional<std::uint64_t> append_limit, std::uint64_t wanted) {
  Tally sums;
  const auto count = [&](const journal::MessageRow& row) -> Result<void> {
    if (plan::refuse_beforehand(row.wire_size, append_limit, wanted)) {
      ++sums.oversize;
      sums.oversize_bytes += row.wire_size;
    }
    const std::size_t mdn = row.keywords.find(plan::kMdnSent);
    if (mdn == std::string::npos) {
      if (plan::keep_flags(row.flags, row.keywords, limits).lost) ++sums.lost_flags;
    } else {
      if (plan::keep_flags(0, plan::kMdnSent, limits).lost) ++sums.receipts;
      std::string others = row.keywords;
      others.erase(mdn, std::strlen(plan::kMdnSent));
      if (plan::keep_flags(row.flags, others, limits).lost) ++sums.lost_flags;
    }
    if (row.date_corrected) ++sums.date_corrections;
    return ok();
  };
  for (const journal::State state : states) MBOXFERRY_TRY(journal.each(state, mailbox, count));
  return sums;
}

journal::Count meant(const journal::MailboxCounts& counts) {
  journal::Count sum;
  for (const journal::Count* count :
       {&counts.planned, &counts.intended, &counts.stored, &counts.refused}) {
    sum.messages += count->messages;
    sum.bytes += count->bytes;
  }
  return sum;
}

}  // namespace mboxferry::transfer
