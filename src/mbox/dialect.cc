// SPDX-License-Identifier: Apache-2.0
// The names of the mbox dialects.
#include "mboxferry/mbox/dialect.h"

#include <algorithm>
#include <array>
#include <utility>

namespace mboxferry::mbox {
namespace {

constexpr std::array<std::pair<Dialect, std::string_view>, 6> kNames{{
    {Dialect::automatic, "auto"},
    {Dialect::mboxo, "mboxo"},
    {Dialect::mboxrd, "mboxrd"},
    {Dialect::mboxcl, "mboxcl"},
    {Dialect::mboxcl2, "mboxcl2"},
    {Dialect::unquoted, "unquoted"},
}};

}  // namespace

std::string_view dialect_name(Dialect dialect) {
  const auto found = std::find_if(kNames.begin(), kNames.end(),
                                  [&](const auto& entry) { return entry.first == dialect; });
  return found == kNames.end() ? std::string_view{} : found->second;
}

std::optional<Dialect> dialect_from_name(std::string_view name) {
  const auto found = std::find_if(kNames.begin(), kNames.end(),
                                  [&](const auto& entry) { return entry.second == name; });
  if (found == kNames.end()) return std::nullopt;
  return found->first;
}

}  // namespace mboxferry::mbox
