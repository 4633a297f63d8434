// SPDX-License-Identifier: Apache-2.0
// Whether a file that was written to still holds what the journal says.
#pragma once

#include "mboxferry/base/cancellation.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/transfer/progress.h"
#include "mboxferry/transfer/settings.h"
#include "transfer/source/source_folders.h"

namespace mboxferry::transfer {

/// Compares the messages of a file that was written to with the journal's index, all but their
/// status fields; where one differs, the folder is read anew, see replace_folder(). New flags of
/// messages that are not stored yet are taken, one that was marked deleted is left out, and of
/// those that are stored findings are kept (kStatusChanged) and their number is told. See
/// docs/decisions/0038-flags-written-in-place.md.
Result<void> compare_index(SourceFolder& source, const JobSettings& settings,
                           journal::Journal& journal, Observer& observer,
                           const Cancellation& cancel);

}  // namespace mboxferry::transfer
