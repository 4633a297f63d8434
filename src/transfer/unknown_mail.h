// SPDX-License-Identifier: Apache-2.0
// Mail of a mailbox that the journal of a job that goes on does not know.
#pragma once

#include <cstdint>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"
#include "transfer/mailboxes.h"

namespace mboxferry::transfer {

/// True when the mailbox, as it was selected, may hold mail above all that the journal knows. It is
/// other people's, unless the journal is an older copy that was put back.
Result<bool> has_unknown_mail(const ReadyMailbox& ready, const journal::Journal& journal);

/// Puts planned messages in doubt that may be among that mail, and returns how many. The mailbox is
/// selected, nothing of it is in doubt, and all that goes into it is indexed. Reads what messages
/// are known by, above what the journal knows only; where that is very many, a sample of what is
/// planned is asked for first.
Result<std::uint64_t> doubt_unknown_mail(const ReadyMailbox& ready, imap::ReadOnlyTarget& target,
                                         journal::Journal& journal, const Cancellation& interrupt);

}  // namespace mboxferry::transfer
