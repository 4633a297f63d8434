// SPDX-License-Identifier: Apache-2.0
// Goals against what the zone holds.
#include <fmt/format.h>

#include <algorithm>

#include "mboxferry/dns/goals.h"

namespace mboxferry::dns {
namespace {

bool is_text_of(const RecordData& data, const std::string& version) {
  const Txt* txt = std::get_if<Txt>(&data);
  return txt != nullptr && is_of_version(txt->joined(), version);
}

/// The set as the goal wants it; none when nothing is left.
std::optional<RecordSet> wanted_set(const Goal& goal, const std::optional<RecordSet>& before,
                                    const PlanOptions& options) {
  RecordSet set{goal.name, goal.type, kUsualTtl, goal.data};
  if (before) set.ttl = before->ttl;
  if (before && !goal.text_prefix.empty())
    for (const RecordData& data : before->data)
      if (!is_text_of(data, goal.text_prefix)) set.data.push_back(data);
  set.normalize();
  if (set.data.empty()) return std::nullopt;
  const bool same_data = before && before->data == set.data;
  if (options.ttl && !(same_data && before->ttl == *options.ttl)) set.ttl = *options.ttl;
  return set;
}

void add_notes(const Change& change, std::vector<std::string>& notes) {
  if (!change.after) return;
  const auto note = [&](const char* what) {
    std::string text = fmt::format("{} {}: {}", change.name.text(), type_name(change.type), what);
    if (std::find(notes.begin(), notes.end(), text) == notes.end())
      notes.push_back(std::move(text));
  };
  for (const RecordData& data : change.after->data) {
    if (const Srv* srv = std::get_if<Srv>(&data); srv != nullptr && srv->target.is_root())
      note("some providers' forms refuse the target '.'; RFC 2136 servers take it");
    const Txt* txt = std::get_if<Txt>(&data);
    if (txt == nullptr) continue;
    const std::string text = txt->joined();
    if (text.empty()) note("some providers' forms refuse an empty text");
    if (text.ends_with(' ')) note("some providers' forms drop the blank at the text's end");
    if (text.find('`') != std::string::npos) note("some providers' forms refuse a back-tick");
    if (txt->strings.size() > 1)
      note("the text is longer than 255 characters and split into several strings");
  }
}

/// Of what would change, only the TTL.
void plan_lower_ttl(const Change& change, std::uint32_t ttl, Plan& plan) {
  if (!change.before || change.before->ttl <= ttl) {
    plan.unchanged.push_back(fmt::format("{} {}", change.name.text(), type_name(change.type)));
    return;
  }
  Change lowered = change;
  lowered.after = change.before;
  lowered.after->ttl = ttl;
  plan.changes.push_back(std::move(lowered));
}

}  // namespace

Result<Plan> make_plan(const Name& domain, const ZoneServer::Apex& apex,
                       const std::vector<Goal>& goals, const PlanOptions& options,
                       const AskZone& ask) {
  Plan plan;
  plan.domain = domain;
  plan.zone = apex.zone;
  plan.serial = apex.soa.serial;
  for (const Goal& goal : goals) {
    if (!goal.name.is_in(apex.zone))
      return Error{ErrorCode::configuration,
                   fmt::format("{} is not in the zone {}", goal.name.text(), apex.zone.text()),
                   "make a plan for the domain that it is in"};
    MBOXFERRY_ASSIGN(ZoneEntry entry, ask(goal.name, goal.type));
    if (entry.alias && !goal.data.empty())
      return Error{
          ErrorCode::configuration,
          fmt::format("{} is an alias of {} (CNAME), beside which there can be no {} record",
                      goal.name.text(), entry.alias->text(), type_name(goal.type)),
          "take the CNAME record out of the zone first"};
    Change change{goal.name, goal.type, std::move(entry.records), {}};
    change.after = wanted_set(goal, change.before, options);
    if (change.before == change.after) {
      plan.unchanged.push_back(fmt::format("{} {}", change.name.text(), type_name(change.type)));
      continue;
    }
    if (options.lower_ttl) {
      plan_lower_ttl(change, *options.lower_ttl, plan);
      continue;
    }
    add_notes(change, plan.notes);
    plan.changes.push_back(std::move(change));
  }
  return plan;
}

}  // namespace mboxferry::dns
