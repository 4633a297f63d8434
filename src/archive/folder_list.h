// SPDX-License-Identifier: Apache-2.0
// Collects the folders that are found in an archive, and names them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "archive/member_walker.h"
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
};

/// Names folders after their files below the root, which is called `root_name`.
std::vector<Folder> name_folders(std::vector<FoundFolder> found, std::string root_name);

}  // namespace mboxferry::archive
