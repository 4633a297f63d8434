// SPDX-License-Identifier: Apache-2.0
// Folders of a job that --exclude was added for, or taken away from, after it had begun.
#pragma once

#include "mboxferry/base/result.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/transfer/progress.h"
#include "transfer/pace/tracker.h"

namespace mboxferry::transfer {

/// Leaves out what is not sent of a folder (code `excluded`); what is stored stays. Errors
/// `configuration`: a message of it may have been sent, or --dedupe may have left out others for
/// it.
Result<void> leave_out_folder(const journal::FolderRow& folder, journal::Dedupe dedupe,
                              journal::Journal& journal, Observer& observer);

/// The other way round; `folder` is as before it was left out. False: it was not left out.
Result<bool> take_folder_back(journal::FolderRow& folder, journal::Journal& journal);

}  // namespace mboxferry::transfer
