// SPDX-License-Identifier: Apache-2.0
// Entries that say what others say already.
#pragma once

#include <vector>

#include "policy/lists_state.h"

namespace mboxferry::policy {

/// Builds the indexes of all groups, and tells of entries that are there twice, on both lists, or
/// covered by another one, the last with `find_covered` only.
void check_and_index(ListsState& state, std::vector<ListRemark>& warnings, bool find_covered);

}  // namespace mboxferry::policy
