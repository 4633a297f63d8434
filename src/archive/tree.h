// SPDX-License-Identifier: Apache-2.0
// Finds the folders of a directory tree.
#pragma once

#include <string>
#include <vector>

#include "archive/limits.h"
#include "mboxferry/archive/archive.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

struct Tree {
  std::vector<Folder> folders;  ///< in byte order of their files
  std::vector<std::string> left_out;
};

/// Walks `directory`, which is called `root_name` in folder paths. Links to files are followed,
/// links to directories too, each directory once. What cannot be read is an error, so that
/// nothing is missing silently.
Result<Tree> read_tree(const std::string& directory, const std::string& root_name,
                       const Limits& limits);

}  // namespace mboxferry::archive
