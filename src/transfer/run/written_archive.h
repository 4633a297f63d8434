// SPDX-License-Identifier: Apache-2.0
// Runs that go on although another program writes to the archive.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/base/time.h"
#include "mboxferry/transfer/job.h"
#include "mboxferry/transfer/progress.h"
#include "mboxferry/transfer/settings.h"
#include "transfer/source/source_folders.h"

namespace mboxferry::transfer {

/// True for an archive that was written to while it was read: it may still hold the same messages.
bool was_written_to(const Error& error);

/// Which archives, of those of which only what stood was taken, hold more by now; empty for none.
Result<std::string> text_about_growth(const std::vector<SourceFolder>& sources);

/// Does `run` again as long as the archive is written to while it is read and that brings the job
/// forward; each run begins by comparing what was written, and from the third on what stands is
/// taken. `may_look_again` false: the run is the last, and leaves a verdict in the journal whatever
/// happens.
using RunOnce = std::function<JobResult(const JobSettings& settings, bool may_look_again)>;
JobResult run_while_written_to(JobSettings settings, const RunOnce& run, Observer& observer,
                               Clock& clock, const Cancellation& interrupt);

}  // namespace mboxferry::transfer
