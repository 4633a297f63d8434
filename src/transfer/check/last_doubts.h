// SPDX-License-Identifier: Apache-2.0
// Messages that are still in doubt when everything else is sent.
#pragma once

#include "mboxferry/base/cancellation.h"
#include "mboxferry/base/time.h"
#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/transfer/progress.h"
#include "mboxferry/transfer/settings.h"
#include "transfer/source/source_folders.h"

namespace mboxferry::transfer {

/// Looks for them once more: what was confirmed meanwhile may have shown what the server does to
/// mail. Tells the observer where those that are left came from, and returns how many they are.
Result<std::uint64_t> settle_last_doubts(const std::vector<SourceFolder>& sources,
                                         const JobSettings& settings, journal::Journal& journal,
                                         imap::Target& target, Clock& clock, Observer& observer,
                                         const Cancellation& interrupt);

/// The end of a job with so many of them.
Error left_in_doubt(const std::string& label, std::uint64_t messages);

}  // namespace mboxferry::transfer
