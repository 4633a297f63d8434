// SPDX-License-Identifier: Apache-2.0
// Refusals known beforehand and the flags a mailbox keeps.
#include "mboxferry/plan/message_plan.h"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>

namespace mboxferry::plan {

std::optional<Refusal> refuse_beforehand(std::uint64_t wire_size,
                                         std::optional<std::uint64_t> append_limit,
                                         std::uint64_t wanted) {
  if (wire_size == 0) return Refusal{"empty", "a message of zero bytes cannot be stored"};
  if (append_limit && wire_size > *append_limit)
    return Refusal{"too-big", fmt::format("{} bytes, and the server takes at most {}", wire_size,
                                          *append_limit)};
  if (wanted > 0 && wire_size > wanted)
    return Refusal{"max-message-size",
                   fmt::format("{} bytes, and --max-message-size is {}", wire_size, wanted)};
  return std::nullopt;
}

KeptFlags keep_flags(std::uint8_t flags, std::string_view keywords, const FlagLimits& limits) {
  KeptFlags kept;
  kept.flags = flags & limits.system;
  kept.lost = kept.flags != flags;
  while (!keywords.empty()) {
    const std::size_t end = std::min(keywords.find(' '), keywords.size());
    const std::string keyword(keywords.substr(0, end));
    keywords.remove_prefix(std::min(end + 1, keywords.size()));
    const bool allowed =
        limits.any_keyword ||
        std::any_of(limits.keywords.begin(), limits.keywords.end(), [&](const std::string& known) {
          return strcasecmp(known.c_str(), keyword.c_str()) == 0;
        });
    if (keyword.empty()) continue;
    // A backslash begins system flags only: it stands for what no keyword can spell.
    if (allowed && keyword.front() != '\\')
      kept.keywords.push_back(keyword);
    else
      kept.lost = true;
  }
  return kept;
}

}  // namespace mboxferry::plan
