// SPDX-License-Identifier: Apache-2.0
// Plans as JSON. What is read was perhaps written by somebody else: every record is checked anew.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "mboxferry/dns/plan.h"

namespace mboxferry::dns {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kPlanSchema = "mboxferry.dns-plan/1";

Json json_of(const std::optional<RecordSet>& set) {
  if (!set) return nullptr;
  Json records = Json::array();
  for (const RecordData& data : set->data) records.push_back(data_text(data));
  return {{"ttl", set->ttl}, {"records", std::move(records)}};
}

Error no_plan(const std::string& path, const std::string& why) {
  return {ErrorCode::configuration, fmt::format("{} is not a plan: {}", path, why),
          "make one with mboxferry dns plan"};
}

const Json* member_of(const Json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

std::optional<std::string> text_in(const Json& object, const char* name) {
  const Json* found = member_of(object, name);
  if (found == nullptr || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

std::optional<std::uint32_t> number_in(const Json& object, const char* name) {
  const Json* found = member_of(object, name);
  if (found == nullptr || !found->is_number_unsigned()) return std::nullopt;
  const auto number = found->get<std::uint64_t>();
  if (number > 0xffffffffU) return std::nullopt;
  return static_cast<std::uint32_t>(number);
}

std::vector<std::string> texts_in(const Json& object, const char* name) {
  std::vector<std::string> texts;
  const Json* found = member_of(object, name);
  if (found == nullptr || !found->is_array()) return texts;
  for (const Json& one : *found)
    if (one.is_string()) texts.push_back(one.get<std::string>());
  return texts;
}

/// `null` is no set.
Result<std::optional<RecordSet>> read_set(const Json* json, const Name& name, RecordType type) {
  const Error wrong{ErrorCode::usage, "a set of records is damaged", ""};
  if (json == nullptr) return wrong;
  if (json->is_null()) return std::optional<RecordSet>();
  const auto ttl = number_in(*json, "ttl");
  const Json* records = member_of(*json, "records");
  if (!ttl || *ttl > 0x7fffffffU || records == nullptr || !records->is_array() || records->empty())
    return wrong;
  RecordSet set{name, type, *ttl, {}};
  for (const Json& one : *records) {
    if (!one.is_string()) return wrong;
    MBOXFERRY_ASSIGN(auto data, parse_data(type, one.get<std::string>()));
    set.data.push_back(std::move(data));
  }
  set.normalize();
  return std::optional<RecordSet>(std::move(set));
}

Result<Change> read_change(const Json& json) {
  const auto name = text_in(json, "name");
  const auto type = type_named(text_in(json, "type").value_or(""));
  if (!name || !type || !is_plannable(*type))
    return Error{ErrorCode::usage, "it changes something that a plan cannot change", ""};
  Change change;
  MBOXFERRY_ASSIGN(change.name, Name::parse(*name));
  change.type = *type;
  MBOXFERRY_ASSIGN(change.before, read_set(member_of(json, "before"), change.name, *type));
  MBOXFERRY_ASSIGN(change.after, read_set(member_of(json, "after"), change.name, *type));
  if (change.before == change.after)
    return Error{ErrorCode::usage, "one of its changes changes nothing", ""};
  return change;
}

Result<Plan> read_plan(const Json& json) {
  Plan plan;
  const auto serial = number_in(json, "serial");
  if (!serial) return Error{ErrorCode::usage, "it has no serial", ""};
  plan.serial = *serial;
  MBOXFERRY_ASSIGN(plan.domain, Name::parse(text_in(json, "domain").value_or("")));
  MBOXFERRY_ASSIGN(plan.zone, Name::parse(text_in(json, "zone").value_or("")));
  const Json* changes = member_of(json, "changes");
  if (changes == nullptr || !changes->is_array() || changes->size() > kMostChanges)
    return Error{ErrorCode::usage, "it has no list of changes, or too many", ""};
  std::set<std::pair<Name, RecordType>> seen;
  for (const Json& one : *changes) {
    MBOXFERRY_ASSIGN(Change change, read_change(one));
    if (!change.name.is_in(plan.zone))
      return Error{ErrorCode::usage, change.name.text() + " is not in its zone", ""};
    if (!seen.emplace(change.name, change.type).second)
      return Error{ErrorCode::usage, change.name.text() + " is changed twice", ""};
    plan.changes.push_back(std::move(change));
  }
  plan.unchanged = texts_in(json, "unchanged");
  plan.notes = texts_in(json, "notes");
  return plan;
}

}  // namespace

std::string plan_json(const Plan& plan) {
  Json changes = Json::array();
  for (const Change& change : plan.changes)
    changes.push_back({{"name", change.name.text()},
                       {"type", type_name(change.type)},
                       {"before", json_of(change.before)},
                       {"after", json_of(change.after)}});
  const Json json{{"schema", kPlanSchema},       {"domain", plan.domain.text()},
                  {"zone", plan.zone.text()},    {"serial", plan.serial},
                  {"digest", plan.digest()},     {"changes", std::move(changes)},
                  {"unchanged", plan.unchanged}, {"notes", plan.notes}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Plan> parse_plan(std::string_view text, const std::string& path) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return no_plan(path, "it is no JSON");
  if (text_in(json, "schema") != kPlanSchema)
    return no_plan(path, fmt::format("its schema is not {}", kPlanSchema));
  auto plan = read_plan(json);
  if (!plan) return no_plan(path, plan.error().what);
  if (text_in(json, "digest") != plan->digest())
    return Error{ErrorCode::configuration,
                 fmt::format("{} was changed since it was made: its digest is another one", path),
                 "make a new plan with mboxferry dns plan"};
  return plan;
}

}  // namespace mboxferry::dns
