// SPDX-License-Identifier: Apache-2.0
// Finds the folders of a directory tree.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "archive/limits.h"
#include "archive/message_table.h"
#include "archive/tree_root.h"
#include "mboxferry/archive/archive.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

struct Tree {
  std::vector<Folder> folders;  ///< in byte order of their files
  std::shared_ptr<const NotReadList> not_read;
  std::uint64_t unexplained_keywords = 0;  ///< messages with a keyword letter without a name
  UnreadNotes unread_notes;
  NoteTroubles note_troubles;
  std::uint64_t noted = 0;                 ///< messages with a file beside them that was read
  std::vector<std::string> layouts;
};

/// Walks the tree, which is called `root_name` in folder paths. A symbolic link that stays inside
/// is another name of what is read anyway; one that leads outside is not read unless the root
/// follows links, and then each directory once. What cannot be opened is listed as unread and does
/// not end the walk.
Result<Tree> read_tree(std::shared_ptr<const TreeRoot> root, const std::string& root_name,
                       const Limits& limits);

}  // namespace mboxferry::archive
