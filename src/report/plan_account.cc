// SPDX-License-Identifier: Apache-2.0
// An account of a plan, from its JSON.
#include "report/plan_account.h"

#include <nlohmann/json.hpp>

#include "mboxferry/report/printable.h"

namespace mboxferry::report {
namespace {

using Json = nlohmann::json;

PlanRow row_of(const Json& row) {
  PlanRow found;
  found.name = row.at("name");
  found.exists = row.at("exists");
  found.planned = row.at("planned");
  found.oversize = row.at("oversize");
  found.skipped = row.at("skipped");
  found.bytes = row.at("bytes");
  found.lost_flags = row.at("lost_flags");
  found.date_corrections = row.at("date_corrections");
  if (const Json& name = row.at("renamed_from"); !name.is_null()) found.renamed_from = name;
  found.stored = row.at("stored");
  found.in_doubt = row.at("in_doubt");
  found.refused = row.at("refused");
  if (row.contains("blocked"))
    found.senders = journal::SenderTotals{row.at("blocked"), row.at("allowed"), 0};
  return found;
}

/// Only with what a page shows of them.
SenderFacts senders_of(const Json& senders) {
  constexpr std::size_t kMost = 20;
  SenderFacts facts;
  facts.totals = {senders.at("blocked"), senders.at("allowed"), senders.at("rescued")};
  facts.sum_count = senders.at("entries_in_all");
  for (const Json& row : senders.at("entries")) {
    if (facts.sums.size() == kMost) break;
    journal::SenderSum sum;
    sum.entry = {row.at("file"), row.at("line"), row.at("entry"), row.at("kind") == "allow",
                 row.at("list") == "global"};
    sum.messages = row.at("messages");
    for (int action = 0; action <= static_cast<int>(journal::SenderAction::rescue); ++action) {
      const auto known = static_cast<journal::SenderAction>(action);
      if (row.at("action") == journal::action_name(known)) sum.action = known;
    }
    facts.sums.push_back(std::move(sum));
  }
  return facts;
}

}  // namespace

Result<PlanAccount> PlanAccount::parse(const std::string& text) {
  try {
    const Json plan = Json::parse(text);
    PlanAccount account;
    account.user = plan.at("user");
    const std::string host = plan.at("host");
    account.name = host.empty() ? account.user : account.user + "@" + host;
    account.go = plan.at("go");
    account.reasons = plan.at("reasons").get<std::vector<std::string>>();
    for (const Json& row : plan.at("mailboxes")) account.mailboxes.push_back(row_of(row));
    account.unread = plan.at("unread").size();
    if (plan.contains("senders")) account.senders = senders_of(plan.at("senders"));
    if (const Json& time = plan.at("time"); !time.is_null()) {
      account.time = human_duration(time.at("least_seconds")) + " to " +
                     human_duration(time.at("most_seconds"));
    }
    return account;
  } catch (const Json::exception& exception) {
    return Error{ErrorCode::internal,
                 std::string("a plan of our own cannot be read: ") + exception.what(), ""};
  }
}

std::string PlanAccount::reason() const { return go || reasons.empty() ? "" : reasons.front(); }

std::uint64_t PlanAccount::messages() const {
  std::uint64_t sum = 0;
  for (const PlanRow& row : mailboxes) sum += row.planned;
  return sum;
}

std::uint64_t PlanAccount::bytes() const {
  std::uint64_t sum = 0;
  for (const PlanRow& row : mailboxes) sum += row.bytes;
  return sum;
}

}  // namespace mboxferry::report
