// SPDX-License-Identifier: Apache-2.0
// Folders whose archive was replaced by another one of the same mail, most often a whole one.
#pragma once

#include <vector>

#include "mboxferry/journal/journal.h"
#include "mboxferry/transfer/progress.h"
#include "mboxferry/transfer/settings.h"
#include "transfer/source/source_folders.h"

namespace mboxferry::transfer {

/// Lets a folder that is not what the journal says be read anew: it is indexed from its beginning,
/// and then takes over what was decided for the same messages. `changed` is returned where that
/// cannot be: with --dedupe, where other messages may have been left out for them, in a retry, and
/// while the file is being written to.
Result<void> replace_folder(SourceFolder& source, const JobSettings& settings,
                            journal::Journal& journal, const Error& changed);

/// True when such a folder is among them, or messages may have moved here from where they were
/// stored: nothing may be sent before all is indexed.
bool any_replaced(const std::vector<SourceFolder>& sources);

/// Once all of them are indexed. What was stored of an earlier version and is back is known, also
/// where it came back in another file of its mailbox. What is stored and not in the archive any
/// more is told; that messages have gone that are not stored, or all that are, is the error
/// `archive_changed`.
Result<void> take_over_replaced(std::vector<SourceFolder>& sources, journal::Journal& journal,
                                Observer& observer);

}  // namespace mboxferry::transfer
