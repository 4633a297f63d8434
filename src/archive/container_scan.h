// SPDX-License-Identifier: Apache-2.0
// Finds the folders inside a container file.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "archive/folder_list.h"
#include "archive/layout.h"
#include "archive/limits.h"
#include "archive/message_table.h"
#include "archive/open_file.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

struct ContainerContents {
  std::vector<FoundFolder> folders;  ///< in the container's order
  bool has_encrypted = false;
  std::uint64_t unexplained_keywords = 0;  ///< messages with a keyword letter without a name
  NoteTroubles note_troubles;
  UnreadNotes unread_notes;
  std::uint64_t noted = 0;                 ///< messages with a file beside them that was read
  std::string notice;  ///< what was decided about members or their names without certainty
};

/// Walks through all members of `file`, and through containers that are members. A member that
/// cannot be read becomes a folder, so that reading it tells where the damage is; so does the
/// place behind which the container itself is damaged. A hard link is the member that it names,
/// under another name. `marks` gets what is seen of layouts.
Result<ContainerContents> scan_container(std::shared_ptr<const OpenFile> file, const Limits& limits,
                                         NotReadList& not_read, LayoutMarks& marks);

}  // namespace mboxferry::archive
