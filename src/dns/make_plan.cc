// SPDX-License-Identifier: Apache-2.0
// Goals against what the zone holds.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "mboxferry/dns/goals.h"

namespace mboxferry::dns {
namespace {

/// Of one set whose addresses are looked for.
constexpr std::size_t kMostNotedHosts = 20;
/// BIND's max-records-per-type.
constexpr std::size_t kManyRecords = 100;

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
  if (change.after->data.size() > kManyRecords)
    note("it has more than 100 records, which BIND refuses unless it is told otherwise");
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
/// Hosts of the zone itself that mail or mail programs would be sent to in vain.
Result<void> note_hosts(const Change& change, const Name& zone, const AskZone& ask,
                        std::vector<std::string>& notes) {
  if (!change.after) return ok();
  std::set<Name> hosts;
  for (const RecordData& data : change.after->data) {
    if (const Srv* srv = std::get_if<Srv>(&data)) hosts.insert(srv->target);
    if (const Mx* mx = std::get_if<Mx>(&data)) hosts.insert(mx->exchange);
  }
  std::size_t asked = 0;
  for (const Name& host : hosts) {
    if (host.is_root() || !host.is_in(zone) || ++asked > kMostNotedHosts) continue;
    bool has_address = false;
    for (const RecordType type : {RecordType::a, RecordType::aaaa}) {
      const auto entry = ask(host, type);
      if (!entry && entry.error().code == ErrorCode::interrupted) return entry.error();
      // What is not answered here may be in a zone of its own.
      has_address = has_address || !entry || entry->records || entry->alias;
    }
    if (!has_address)
      notes.push_back(
          fmt::format("{} {}: {} has no address in the zone so far; add it first, as BIND refuses "
                      "an MX record without one",
                      change.name.text(), type_name(change.type), host.text()));
  }
  return ok();
}

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
    MBOXFERRY_TRY(note_hosts(change, apex.zone, ask, plan.notes));
    plan.changes.push_back(std::move(change));
  }
  if (plan.changes.size() > kMostChanges)
    return Error{ErrorCode::usage,
                 fmt::format("the plan would have {} changes, and {} is the most",
                             plan.changes.size(), kMostChanges),
                 "make several plans"};
  return plan;
}

}  // namespace mboxferry::dns
