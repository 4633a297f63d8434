// SPDX-License-Identifier: Apache-2.0
// Files that a job writes, which may lie below its archive and are none of it.
#pragma once

#include <set>
#include <string>

#include "mboxferry/base/result.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/transfer/settings.h"

namespace mboxferry::transfer {

/// The journal and what is beside it.
std::set<std::string> job_files(const std::string& journal);

/// Reports and logs of this command, and of earlier ones of the job. While the journal, which knows
/// of those, cannot be read, no more than that is lost.
std::set<std::string> written_files(const JobSettings& settings);

/// Notes those of this command for later ones.
Result<void> note_outputs(const JobSettings& settings, journal::Journal& journal);

}  // namespace mboxferry::transfer
