// SPDX-License-Identifier: Apache-2.0
// Planned messages that a mailbox holds, though this job has not put them there.
#pragma once

#include <cstdint>
#include <vector>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"
#include "transfer/check/altered_copies.h"
#include "transfer/check/certain_pairs.h"
#include "transfer/source/folder_readers.h"

namespace mboxferry::transfer {

/// What is not sent.
struct SkippedExisting {
  std::uint64_t by_content = 0;
  std::uint64_t by_facts = 0;   ///< by Message-ID, size and date alone
  std::uint64_t different = 0;  ///< not skipped: what has their Message-ID has other content
  [[nodiscard]] std::uint64_t found() const { return by_content + by_facts; }
};

/// Skips the messages that the journal's reconciliation looks for where their content is among what
/// was seen, one for each copy there. A copy in another form counts where it is proven to have lost
/// nothing, and nothing but that proves it; `unread` says what agrees and is not given
/// (docs/decisions/0071-what-is-there-and-what-was-proven.md). The mailbox is selected; every
/// message that goes into it is indexed.
Result<SkippedExisting> skip_seen(const journal::MailboxRow& mailbox, imap::ReadOnlyTarget& target,
                                  journal::Journal& journal, const MaskedDigestOf& archived,
                                  const FormOf& form, CertainPairs::Unread unread,
                                  const Cancellation& interrupt);

/// The same for planned messages and all that the mailbox held before the job. May be repeated.
Result<SkippedExisting> skip_existing(const journal::MailboxRow& mailbox,
                                      imap::ReadOnlyTarget& target, journal::Journal& journal,
                                      const MaskedDigestOf& archived, const FormOf& form,
                                      const Cancellation& interrupt);

}  // namespace mboxferry::transfer
