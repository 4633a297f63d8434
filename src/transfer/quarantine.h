// SPDX-License-Identifier: Apache-2.0
// The mbox file of what the server refused.
#pragma once

#include <string>
#include <vector>

#include "mboxferry/journal/journal.h"
#include "transfer/source_folders.h"

namespace mboxferry::transfer {

/// Where a journal's refused messages are: beside it.
std::string quarantine_path(const std::string& journal_path);

/// Writes all refused messages into a new mboxrd file (mode 0600, CRLF lines, so that unquoting
/// gives back the wire form) and puts it in place; removes it when there are none. Made anew from
/// the journal at the end of each run, so that no interruption can leave one out or in twice.
Result<void> write_quarantine(const std::vector<SourceFolder>& sources, const JobSettings& settings,
                              const journal::Journal& journal);

}  // namespace mboxferry::transfer
