// SPDX-License-Identifier: Apache-2.0
// Whether a file that was touched still holds what the journal says.
#pragma once

#include "mboxferry/base/cancellation.h"
#include "mboxferry/journal/journal.h"
#include "transfer/source_folders.h"

namespace mboxferry::transfer {

/// Compares a touched file's messages with the journal's index; `archive_changed` names the first
/// that differs.
Result<void> compare_index(SourceFolder& source, const JobSettings& settings,
                           journal::Journal& journal, const Cancellation& cancel);

}  // namespace mboxferry::transfer
