// SPDX-License-Identifier: Apache-2.0
// What happens to a mailbox's messages on the way: counted for plans and reports alike.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>

#include "mboxferry/journal/journal.h"
#include "mboxferry/plan/message_plan.h"

namespace mboxferry::transfer {

struct Tally {
  std::uint64_t oversize =
      0;  ///< no server, or not this one, takes them, or the user does not want them
  std::uint64_t oversize_bytes = 0;
  std::uint64_t lost_flags = 0;        ///< messages that lose a flag or keyword
  std::uint64_t receipts = 0;          ///< messages that lose $MDNSent
  std::uint64_t date_corrections = 0;  ///< messages with a date to be listed
};

/// Walks the mailbox's messages in those states; each state costs a walk over all of them.
Result<Tally> tally(const journal::Journal& journal, journal::MailboxId mailbox,
                    std::initializer_list<journal::State> states, const plan::FlagLimits& limits,
                    std::optional<std::uint64_t> append_limit, std::uint64_t wanted = 0);

/// All that is not skipped.
journal::Count meant(const journal::MailboxCounts& counts);

}  // namespace mboxferry::transfer
