// SPDX-License-Identifier: Apache-2.0
// The mbox file of what the server refused.
#pragma once

#include <vector>

#include "mboxferry/journal/journal.h"
#include "mboxferry/transfer/refused.h"
#include "mboxferry/transfer/settings.h"
#include "transfer/source/source_folders.h"

namespace mboxferry::transfer {

/// Fails with `cannot_create` where a file of the quarantine's name is not this journal's.
/// `journal` is null before it is made.
Result<void> check_quarantine_place(const std::string& journal_path,
                                    const journal::Journal* journal);

/// Puts all refused messages into an mboxrd file (mode 0600, CRLF lines, so that unquoting gives
/// back the wire form), or removes it when there are none. The file is made anew from the journal
/// and put in place as a whole, so that no interruption can leave one out or in twice; and only
/// when other messages are refused than it holds, or when it is not as it was left.
Result<void> write_quarantine(const std::vector<SourceFolder>& sources, const JobSettings& settings,
                              journal::Journal& journal);

}  // namespace mboxferry::transfer
