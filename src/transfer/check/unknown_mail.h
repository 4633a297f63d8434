// SPDX-License-Identifier: Apache-2.0
// Mail of a mailbox that the journal of a job that goes on does not know.
#pragma once

#include <cstdint>
#include <vector>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"
#include "transfer/check/skip_existing.h"
#include "transfer/mailbox/mailboxes.h"

namespace mboxferry::transfer {

/// Where the mailbox, as it was selected, may hold mail that came since the job first saw it and is
/// not the journal's: ascending, the last UID included. It is other people's, unless another job
/// has sent the same mail, or the journal is an older copy that was put back.
Result<std::vector<journal::UidRange>> unknown_mail(const ReadyMailbox& ready,
                                                    const journal::Journal& journal);

/// Skips planned messages whose content is among that mail, and returns how many. The mailbox is
/// selected, nothing of it is in doubt, and all that goes into it is indexed. Reads what messages
/// are known by in these ranges only, and the content where they are like a planned one; where that
/// is very many, a sample of what is planned is asked for first. What was found to hold nothing is
/// noted, and not looked at again.
Result<std::uint64_t> skip_unknown_mail(const ReadyMailbox& ready,
                                        const std::vector<journal::UidRange>& unknown,
                                        imap::ReadOnlyTarget& target, journal::Journal& journal,
                                        const MaskedDigestOf& archived, const FormOf& form,
                                        const Cancellation& interrupt);

}  // namespace mboxferry::transfer
