// SPDX-License-Identifier: Apache-2.0
// A plan as reports show it.
#pragma once

#include <string>

#include "mboxferry/report/plan_report.h"
#include "mboxferry/transfer/plan_job.h"
#include "mboxferry/transfer/settings.h"

namespace mboxferry::cli {

report::PlanTime plan_time(const transfer::TimeEstimate& time);
/// Why there is no plan.
report::PlanFacts no_plan(const std::string& user, const std::string& host,
                          const std::string& reason);
report::PlanFacts plan_facts(const transfer::JobSettings& settings, const transfer::Plan& plan);

}  // namespace mboxferry::cli
