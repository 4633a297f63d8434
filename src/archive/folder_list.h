// SPDX-License-Identifier: Apache-2.0
// Collects the folders that are found in an archive, and names them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "archive/member_walker.h"
#include "archive/name_budget.h"
#include "mboxferry/archive/archive.h"

namespace mboxferry::archive {

/// A folder before it is named.
struct FoundFolder {
  Folder folder;         ///< without its path
  std::string relative;  ///< its file or directory below the archive's root
  bool compressed = false;
  MemberPosition first;  ///< where its bytes begin in a container
  /// Not zero: the file has other names, with which it agrees in both.
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  /// Folder::place() of the folder that `relative` is one more name of; empty for a folder.
  std::string other_name_of;
};

/// A symbolic link to what lies in the archive as well, both below its root.
struct InnerLink {
  std::string path;
  std::string target;  ///< a file or directory; the root itself is "." or empty
};

/// `relative` as one more name of `one`.
FoundFolder other_name(const FoundFolder& one, std::string relative);

/// Adds the names that `links` give to folders: to their files, and to all that lie below
/// directories. The first link that is left out because `names` affords no more.
std::optional<InnerLink> add_linked_names(std::vector<FoundFolder>& found,
                                          std::vector<InnerLink> links, NameBudget& names);

/// Names folders after their files below the root, which is called `root_name`. Other names become
/// Folder::other_paths.
std::vector<Folder> name_folders(std::vector<FoundFolder> found, std::string root_name);

}  // namespace mboxferry::archive
