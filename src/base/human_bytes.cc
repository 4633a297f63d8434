// SPDX-License-Identifier: Apache-2.0
// Sizes in powers of 1000.
#include "mboxferry/base/human_bytes.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace mboxferry {

std::string human_bytes(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 6> kUnits{"kB", "MB", "GB", "TB", "PB", "EB"};
  if (bytes < 1000) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / 1000.0;
  std::size_t unit = 0;
  while (value >= 999.95 && unit + 1 < kUnits.size()) {
    value /= 1000.0;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

}  // namespace mboxferry
