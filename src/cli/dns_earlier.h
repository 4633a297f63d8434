// SPDX-License-Identifier: Apache-2.0
// Plans beside a plan that were applied before it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "mboxferry/dns/plan.h"

namespace mboxferry::cli {

struct EarlierPlan {
  std::string path;
  std::int64_t forgotten = 0;  ///< when caches have lost the records that it replaced
};

/// The plan in the folder of `path` whose old records, of those that `plan` replaces, caches have
/// for longest after `now`; nothing where there is none. A cutover is often two plans: one lowers
/// the TTL, and what it replaced is what caches still have.
std::optional<EarlierPlan> earlier_plan(const std::string& path, const dns::Plan& plan,
                                        std::int64_t now);

}  // namespace mboxferry::cli
