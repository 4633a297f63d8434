// SPDX-License-Identifier: Apache-2.0
// An account of a plan, read back from what a dry run kept of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mboxferry/base/result.h"
#include "mboxferry/report/plan_report.h"

namespace mboxferry::report {

struct PlanAccount {
  std::string name;  ///< `user@host`
  std::string user;
  bool go = false;
  std::vector<std::string> reasons;
  std::vector<PlanRow> mailboxes;
  std::uint64_t unread = 0;  ///< parts of the archive
  std::optional<SenderFacts> senders;
  std::string time;          ///< empty: not known

  /// From plan_account_json(). Errors: `internal`.
  static Result<PlanAccount> parse(const std::string& json);
  /// Why it cannot go; empty when it can.
  [[nodiscard]] std::string reason() const;
  [[nodiscard]] std::uint64_t messages() const;
  [[nodiscard]] std::uint64_t bytes() const;
};

}  // namespace mboxferry::report
