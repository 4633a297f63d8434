// SPDX-License-Identifier: Apache-2.0
// What a job did, from its journal: for programs and for people.
#pragma once

#include <cstdint>
#include <string>

#include "mboxferry/base/result.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/report/text_output.h"

namespace mboxferry::report {

/// What the journal does not know about a run.
struct RunFacts {
  std::string verdict;  ///< complete, refused, failed, interrupted
  std::string user;
  std::string host;
  double seconds = 0;
  std::uint64_t messages_now = 0;  ///< stored in this run
  std::uint64_t bytes_now = 0;
};

/// Everything meant for a mailbox: sent, in doubt, refused or still to be sent.
journal::Count meant_for(const journal::MailboxCounts& counts);

/// Schema mboxferry.report/1 (jobs/schema/report.json). `journal` may be null when the job ended
/// before there was one. Constant memory.
Result<void> write_job_report(TextOutput& out, const journal::Journal* journal,
                              const RunFacts& run);

/// One verdict line, a table of mailboxes, where refused messages are and how to go on.
Result<void> write_job_summary(TextOutput& out, const journal::Journal& journal,
                               const RunFacts& run);

/// Schema mboxferry.status/1 (jobs/schema/status.json).
Result<void> write_status_report(TextOutput& out, const journal::Journal& journal);

/// The same for people.
Result<void> write_status_summary(TextOutput& out, const journal::Journal& journal);

}  // namespace mboxferry::report
