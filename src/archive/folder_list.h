// SPDX-License-Identifier: Apache-2.0
// Collects the folders that are found in an archive, and names them.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/archive/archive.h"

namespace mboxferry::archive {

/// Lines about what is not read, in byte order and no more than a user looks at.
class LeftOut {
 public:
  void add(std::string_view place, std::string_view reason);
  [[nodiscard]] std::vector<std::string> lines() const;

 private:
  std::set<std::string> lines_;
  std::uint64_t not_listed_ = 0;
};

/// A folder before it is named.
struct FoundFolder {
  Folder folder;         ///< without its path
  std::string relative;  ///< its file below the archive's root
  bool compressed = false;
};

/// Names folders after their files below the root, which is called `root_name`.
std::vector<Folder> name_folders(std::vector<FoundFolder> found, std::string root_name);

/// Takes off the directories that all folders have in common, up to an account name; the last one
/// that is taken off becomes `root_name`.
void strip_common_directories(std::vector<FoundFolder>& found, std::string& root_name);

}  // namespace mboxferry::archive
