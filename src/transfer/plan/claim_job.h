// SPDX-License-Identifier: Apache-2.0
// A journal becomes this job's, or goes on as it.
#pragma once

#include "mboxferry/journal/journal.h"
#include "mboxferry/transfer/settings.h"

namespace mboxferry::transfer {

/// As Journal::claim() with the identity of these settings. Settings that can be changed on the way
/// are changed in the journal: --exclude in any way, --max-unpack-memory, and --follow-links and
/// --skip-existing when they are added. What was done stays; what follows from them is for
/// match_with_journal() (folders) and for sending (what is there already).
Result<void> claim_job(const JobSettings& settings, journal::Journal& journal);

}  // namespace mboxferry::transfer
