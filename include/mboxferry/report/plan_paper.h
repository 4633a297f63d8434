// SPDX-License-Identifier: Apache-2.0
// The plan of a dry run on paper: what is decided from before the day.
#pragma once

#include <cstdint>
#include <optional>

#include "mboxferry/base/result.h"
#include "mboxferry/report/plan_report.h"
#include "mboxferry/report/text_output.h"

namespace mboxferry::report {

/// A row a mailbox, or an account that has none. Errors: those of `out` and `accounts`.
Result<void> write_plan_csv(TextOutput& out, const PlanSource& accounts);

/// A page without scripts that needs no network: go or no go, why accounts cannot go with their
/// number, those that cannot go first, then the others, each with its mailboxes. `accounts` is
/// walked over three times. `written`: Unix seconds. Memory: one account, and 50 reasons.
Result<void> write_plan_page(TextOutput& out, bool go, const std::optional<PlanTime>& time,
                             const PlanSource& accounts, std::int64_t written);

}  // namespace mboxferry::report
