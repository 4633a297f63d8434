// SPDX-License-Identifier: Apache-2.0
// What a folder of an archive is for, as far as sender lists care.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mboxferry::plan {

enum class FolderUse : std::uint8_t {
  any,
  junk,
  own,  ///< what the user wrote or threw away: Sent, Drafts, Trash, Templates, Outbox
};

/// By the names of its levels, in the languages that src/plan/special_use.h knows; the level
/// farthest to the left that says anything decides, so that what lies below Sent is sent mail.
FolderUse folder_use(const std::vector<std::string>& path);

/// The same for the labels of a message. Of several labels the first of these that is there
/// decides: own, junk.
FolderUse labels_use(const std::vector<std::string>& labels);

}  // namespace mboxferry::plan
