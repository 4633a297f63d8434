// SPDX-License-Identifier: Apache-2.0
// Changes of a zone that are known before they are made.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/dns/record.h"

namespace mboxferry::dns {

/// One set of records, as it is and as it shall be; not both are absent, and they differ.
struct Change {
  Name name;
  RecordType type = RecordType::a;
  std::optional<RecordSet> before;
  std::optional<RecordSet> after;

  /// Leads back.
  [[nodiscard]] Change inverse() const { return {name, type, after, before}; }
};

/// All of it is done, or nothing. Names are in the zone, and none is there twice with one type; the
/// types are those that is_plannable() says.
struct Plan {
  Name domain;
  Name zone;
  std::uint32_t serial = 0;  ///< of the SOA record when the plan was made
  std::vector<Change> changes;
  std::vector<std::string> unchanged;  ///< "NAME TYPE" of what is as it shall be already
  std::vector<std::string> notes;      ///< sentences for the user

  /// Over everything but the notes, as hex: says whether two plans are the same.
  [[nodiscard]] std::string digest() const;
};

/// Limits of a plan that can be read.
inline constexpr std::size_t kMostChanges = 1000;
inline constexpr std::size_t kLargestPlan = std::size_t{4} << 20U;

/// Types that a plan may change. Never NS, SOA and DS: a mistake there takes the zone away.
bool is_plannable(RecordType type);

inline constexpr std::string_view kPlanBeginning = "{\n  \"schema\": \"mboxferry.dns-plan/1\"";

/// jobs/schema/dns-plan.json, in lines. Begins with kPlanBeginning.
std::string plan_json(const Plan& plan);

/// The inverse of plan_json(). `path` is used in errors: `configuration` when it is no plan, or was
/// changed by hand, which its digest says.
Result<Plan> parse_plan(std::string_view text, const std::string& path);

/// The sets as they shall be, for a zone file; what is to go is in comments.
std::string zone_snippet(const Plan& plan);

inline constexpr std::string_view kSnippetBeginning = "; mboxferry dns plan";

/// Input for nsupdate(1) that does what apply does, with the same conditions.
std::string nsupdate_script(const Plan& plan);

}  // namespace mboxferry::dns
