// SPDX-License-Identifier: Apache-2.0
// Many jobs in a few lines.
#pragma once

#include "mboxferry/base/result.h"
#include "mboxferry/report/job_report.h"
#include "mboxferry/report/text_output.h"

namespace mboxferry::report {

/// How many accounts there are of each verdict, what is stored, and a line for each account that is
/// not complete. Constant memory.
Result<void> write_jobs_summary(TextOutput& out, const AccountSource& accounts);

}  // namespace mboxferry::report
