// SPDX-License-Identifier: Apache-2.0
// One page for people that shows jobs, with charts, and needs no network.
#pragma once

#include <cstdint>

#include "mboxferry/base/result.h"
#include "mboxferry/report/job_report.h"
#include "mboxferry/report/text_output.h"

namespace mboxferry::report {

/// A self-contained HTML page: the accounts and sums as JSON, drawn by a script of the page's own,
/// the only one that its Content-Security-Policy lets run. Whatever comes from outside is data and
/// made printable. `written` is the time it tells, in Unix seconds. Constant memory: the first 20
/// refused and the first 20 skipped messages of an account are shown, and 20,000 in all.
Result<void> write_html_page(TextOutput& out, const AccountSource& accounts, std::int64_t written);

}  // namespace mboxferry::report
