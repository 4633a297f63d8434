// SPDX-License-Identifier: Apache-2.0
// Different folders in one mailbox.
#include "mboxferry/plan/collisions.h"

#include <fmt/format.h>

#include <algorithm>

#include "plan/name_folding.h"

namespace mboxferry::plan {

void CollisionFinder::add(std::string_view source, const MappedName& mapped) {
  std::vector<Source>& sources = by_folded_name_[fold_case(mapped.name)];
  const bool known = std::any_of(sources.begin(), sources.end(),
                                 [&](const Source& each) { return each.name == source; });
  if (!known) sources.push_back({std::string(source), mapped.name, mapped.deliberate});
}

Result<void> CollisionFinder::check() const {
  constexpr std::size_t kListed = 5;
  std::vector<std::string> pairs;
  std::size_t found = 0;
  for (const auto& [folded, sources] : by_folded_name_) {
    const auto accident = std::find_if(sources.begin(), sources.end(),
                                       [](const Source& each) { return !each.deliberate; });
    if (sources.size() < 2 || accident == sources.end()) continue;
    const Source& other = accident == sources.begin() ? sources[1] : sources[0];
    if (++found > kListed) continue;
    pairs.push_back(
        accident->mailbox == other.mailbox
            ? fmt::format("'{}' and '{}' into '{}'", other.name, accident->name, other.mailbox)
            : fmt::format("'{}' into '{}' and '{}' into '{}'", other.name, other.mailbox,
                          accident->name, accident->mailbox));
  }
  if (found == 0) return ok();
  std::string what =
      fmt::format("different folders would share a mailbox: {}", fmt::join(pairs, "; "));
  if (found > kListed) what += fmt::format("; and {} more", found - kListed);
  return Error{ErrorCode::configuration, what,
               "give one of each pair a mailbox of its own with --map FOLDER=MAILBOX, or the same "
               "one to both"};
}

}  // namespace mboxferry::plan
