// SPDX-License-Identifier: Apache-2.0
// A state as one line of JSON.
#include "mboxferry/dns/apply_state.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

namespace mboxferry::dns {
namespace {

constexpr std::array<std::string_view, 4> kStages{"applying", "applied", "rolling back",
                                                  "rolled back"};
constexpr const char* kStateSchema = "mboxferry.dns-state/1";

}  // namespace

std::string_view stage_name(ApplyStage stage) {
  return kStages.at(static_cast<std::size_t>(stage));
}

std::string state_path_of(const std::string& plan_path) { return plan_path + ".state"; }

std::string state_text(const ApplyState& state) {
  const nlohmann::ordered_json json{{"schema", kStateSchema},
                                    {"plan", state.plan_digest},
                                    {"stage", stage_name(state.stage)},
                                    {"time", state.unix_seconds}};
  return json.dump() + "\n";
}

Result<ApplyState> parse_state(std::string_view text, const std::string& plan_digest,
                               const std::string& path) {
  const auto wrong = [&](const char* why) {
    return Error{ErrorCode::configuration, fmt::format("{} {}", path, why),
                 "move it away if the plan was never applied; the zone says what is done"};
  };
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || json.value("schema", nlohmann::json()) != kStateSchema)
    return wrong("is not the state of a plan");
  if (json.value("plan", nlohmann::json()) != plan_digest)
    return wrong("is the state of another plan");
  const auto time = json.value("time", nlohmann::json());
  const auto stage = json.value("stage", nlohmann::json());
  for (std::size_t i = 0; i < kStages.size(); ++i)
    if (stage == kStages.at(i) && time.is_number_integer())
      return ApplyState{plan_digest, static_cast<ApplyStage>(i), time.get<std::int64_t>()};
  return wrong("is damaged");
}

}  // namespace mboxferry::dns
