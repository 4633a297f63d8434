// SPDX-License-Identifier: Apache-2.0
// Durations as people write them.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace mboxferry::cli {

/// `30s`, `10m`, `2h` or `1d`: a whole number and a unit; `0` needs none. At most 365 days.
std::optional<std::chrono::seconds> duration_from_text(std::string_view text);

}  // namespace mboxferry::cli
