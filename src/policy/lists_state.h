// SPDX-License-Identifier: Apache-2.0
// What SenderLists holds.
#pragma once

#include <array>
#include <unordered_map>

#include "mboxferry/policy/sender_lists.h"
#include "policy/entry_store.h"
#include "policy/sender_index.h"

namespace mboxferry::policy {

/// The entries of one group: those that are compared with A-labels, and those with U-labels.
struct GroupIndex {
  SenderIndex plain;
  SenderIndex unicode;
};

struct ListsState {
  std::vector<std::string> files;
  EntryStore store;
  std::array<GroupIndex, kGroups> groups;
  std::unordered_map<std::uint32_t, std::uint32_t> covered;  ///< by which other entry

  [[nodiscard]] const GroupIndex& group(EntryGroup which) const {
    return groups[static_cast<std::size_t>(which)];
  }
  [[nodiscard]] bool has_unicode() const {
    for (const GroupIndex& each : groups)
      if (!each.unicode.empty()) return true;
    return false;
  }
};

constexpr EntryKind kind_of(EntryGroup group) {
  return group == EntryGroup::account_block || group == EntryGroup::global_block ? EntryKind::block
                                                                                 : EntryKind::allow;
}
constexpr ListScope scope_of(EntryGroup group) {
  return group < EntryGroup::global_block ? ListScope::account : ListScope::global;
}
constexpr bool is_authenticated(EntryGroup group) {
  return group == EntryGroup::account_proven || group == EntryGroup::global_proven;
}

}  // namespace mboxferry::policy
