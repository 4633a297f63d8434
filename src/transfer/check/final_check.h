// SPDX-License-Identifier: Apache-2.0
// The comparison at the end of a job.
#pragma once

#include "mboxferry/base/cancellation.h"
#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/transfer/progress.h"
#include "mboxferry/transfer/verify.h"

namespace mboxferry::transfer {

/// Compares the ledger with the server as `options` say, puts flags back that the server has lost,
/// and tells the observer about every other difference. The journal keeps what was found in order,
/// so that a later run can tell what is gone since.
Result<VerifyResult> check_what_is_stored(journal::Journal& journal, imap::Target& target,
                                          const VerifyOptions& options, Observer& observer,
                                          const Cancellation& interrupt);

}  // namespace mboxferry::transfer
