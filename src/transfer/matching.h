// SPDX-License-Identifier: Apache-2.0
// Messages of a reconciliation and what was seen on the server: which is which?
#pragma once

#include <cstddef>
#include <cstdint>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"
#include "transfer/altered_mail.h"
#include "transfer/folder_readers.h"

namespace mboxferry::transfer {

/// Adds what the selected mailbox holds in that range to what was seen.
Result<void> add_seen(const imap::UidRange& range, bool just_selected, imap::ReadOnlyTarget& target,
                      journal::Journal& journal, const Cancellation& interrupt);

/// Matches what was seen with what is in doubt; returns how many pairs were committed. `altered`:
/// null where another form counts as another message. `bodies_at_once`: more than one saves round
/// trips, and may read some for nothing.
Result<std::uint64_t> match(imap::ReadOnlyTarget& target, journal::Journal& journal,
                            const MaskedDigestOf& archived, AlteredMail* altered, bool alters,
                            const Cancellation& interrupt, std::size_t bodies_at_once = 1);

}  // namespace mboxferry::transfer
