// SPDX-License-Identifier: Apache-2.0
// Which copies of stored mail the job cannot have made.
#pragma once

#include "mboxferry/journal/journal.h"

namespace mboxferry::transfer {

/// A run that ends with nothing planned or in doubt leaves its mailboxes quiet: whatever appears in
/// them from then on, until the job sends again, is somebody else's. The journal's notes say so.
Result<void> note_quiet_mailboxes(journal::Journal& journal);

/// Before a run sends into the mailbox: from `uid_next` on a message may be the job's. Does nothing
/// where the mailbox is not quiet. One thread at a time.
Result<void> end_quiet(const journal::MailboxRow& mailbox, journal::Uid uid_next,
                       journal::Journal& journal);

/// The first UID that a copy made by the job can have: 0 where nothing is known, and above every
/// UID while the mailbox is quiet.
Result<std::uint64_t> first_possible_copy(const journal::MailboxRow& mailbox,
                                          const journal::Journal& journal);

}  // namespace mboxferry::transfer
