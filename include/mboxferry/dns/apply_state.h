// SPDX-License-Identifier: Apache-2.0
// How far a plan has come, in a file beside it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mboxferry/base/result.h"

namespace mboxferry::dns {

/// Before and after each change of the zone. The zone itself decides what is done when a run was
/// killed in between.
enum class ApplyStage { applying, applied, rolling_back, rolled_back };

std::string_view stage_name(ApplyStage stage);

struct ApplyState {
  std::string plan_digest;
  ApplyStage stage = ApplyStage::applying;
  std::int64_t unix_seconds = 0;  ///< when it came to this stage
};

/// `PLAN.state`.
std::string state_path_of(const std::string& plan_path);

std::string state_text(const ApplyState& state);

/// Error `configuration` when it is none, or another plan's; `path` is used in the text.
Result<ApplyState> parse_state(std::string_view text, const std::string& plan_digest,
                               const std::string& path);

}  // namespace mboxferry::dns
