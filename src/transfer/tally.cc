// SPDX-License-Identifier: Apache-2.0
// Counting over the journal.
#include "transfer/tally.h"

namespace mboxferry::transfer {

Result<Tally> tally(journal::Journal& journal, journal::MailboxId mailbox,
                    const plan::FlagLimits& limits, std::optional<std::uint64_t> append_limit) {
  using journal::State;
  Tally sums;
  const auto count = [&](const journal::MessageRow& row) -> Result<void> {
    if (plan::refuse_beforehand(row.wire_size, append_limit)) ++sums.oversize;
    if (plan::keep_flags(row.flags, row.keywords, limits).lost) ++sums.lost_flags;
    if (row.date_corrected) ++sums.date_corrections;
    return ok();
  };
  for (const State state : {State::planned, State::intended, State::stored, State::refused})
    MBOXFERRY_TRY(journal.each(state, mailbox, count));
  return sums;
}

}  // namespace mboxferry::transfer
