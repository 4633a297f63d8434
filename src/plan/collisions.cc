// SPDX-License-Identifier: Apache-2.0
// Different folders in one mailbox.
#include "mboxferry/plan/collisions.h"

#include <fmt/format.h>

#include <algorithm>

#include "plan/name_folding.h"

namespace mboxferry::plan {

void CollisionFinder::add(std::string_view source, const MappedName& mapped, Held held) {
  std::vector<Source>& sources = by_folded_name_[fold_case(mapped.name)];
  const bool known = std::any_of(sources.begin(), sources.end(),
                                 [&](const Source& each) { return each.name == source; });
  if (!known) sources.push_back({std::string(source), mapped.name, mapped.deliberate, held});
}

/// A server that has mailboxes of both names keeps them apart.
bool CollisionFinder::clash(const Source& one, const Source& other) {
  const bool both_are_there = one.held != Held::nothing && other.held != Held::nothing;
  return one.mailbox == other.mailbox || !both_are_there;
}

/// Rules are compared with composed names, so that they cannot tell some names apart.
std::string CollisionFinder::advice(const Source& one, const Source& other) {
  if (comparable_path(one.name) == comparable_path(other.name)) {
    const Source& there = one.held == Held::nothing ? other : one;
    const std::string together = fmt::format("put both into one mailbox: {}--map '{}={}'",
                                             there.held == Held::perhaps ? "--skip-existing " : "",
                                             there.name, there.mailbox);
    // Under another name, mail that is there would be sent again.
    return there.held == Held::nothing ? "rename one of the folders, or " + together : together;
  }
  const Source& moved = other.held == Held::its_mail ? one : other;
  const Source& stays = other.held == Held::its_mail ? other : one;
  const std::string apart =
      fmt::format("give '{}' a mailbox of its own with --map '{}=MAILBOX'", moved.name, moved.name);
  const bool is_moved_there = moved.held == Held::perhaps && stays.held == Held::nothing;
  const std::string& both = is_moved_there ? moved.mailbox : stays.mailbox;
  const std::string together =
      fmt::format("--map '{}={}' --map '{}={}'", one.name, both, other.name, both);
  if (stays.held == Held::its_mail) return apart;
  if (moved.held == Held::perhaps || stays.held == Held::perhaps)
    return "put both into one mailbox, which may hold mail of both: --skip-existing " + together;
  return apart + ", or put both into one mailbox: " + together;
}

Result<void> CollisionFinder::check() const {
  constexpr std::size_t kListed = 5;
  std::vector<std::string> pairs;
  std::size_t found = 0;
  std::string hint;
  for (const auto& entry : by_folded_name_) {
    const auto& sources = entry.second;
    const auto other_than = [&sources](const Source& one) {
      return std::find_if(sources.begin(), sources.end(),
                          [&](const Source& each) { return &each != &one && clash(one, each); });
    };
    const auto accident = std::find_if(sources.begin(), sources.end(), [&](const Source& each) {
      return !each.deliberate && other_than(each) != sources.end();
    });
    if (accident == sources.end()) continue;
    const Source& other = *other_than(*accident);
    if (++found > kListed) continue;
    if (hint.empty()) hint = advice(*accident, other);
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
  return Error{ErrorCode::configuration, what, hint + (found > 1 ? "; so for each pair" : "")};
}

}  // namespace mboxferry::plan
