// SPDX-License-Identifier: Apache-2.0
// A number and its unit.
#include "cli/duration.h"

#include <charconv>

namespace mboxferry::cli {
namespace {

constexpr std::chrono::seconds kLongest = std::chrono::hours(24 * 365);

std::optional<std::chrono::seconds> unit_of(std::string_view name) {
  if (name == "s") return std::chrono::seconds(1);
  if (name == "m") return std::chrono::minutes(1);
  if (name == "h") return std::chrono::hours(1);
  if (name == "d") return std::chrono::hours(24);
  return {};
}

}  // namespace

std::optional<std::chrono::seconds> duration_from_text(std::string_view text) {
  if (text == "0") return std::chrono::seconds(0);
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return {};
  const auto unit = unit_of(text.substr(static_cast<std::size_t>(end - text.data())));
  if (!unit || number > kLongest / *unit) return {};
  return number * *unit;
}

}  // namespace mboxferry::cli
