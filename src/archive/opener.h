// SPDX-License-Identifier: Apache-2.0
// Finds out what a path is and which folders it holds.
#pragma once

#include <string>
#include <vector>

#include "archive/limits.h"
#include "archive/open_file.h"
#include "mboxferry/archive/archive.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

class Opener {
 public:
  explicit Opener(const Limits& limits = {}) : limits_(limits) {}

  /// A file or a directory.
  [[nodiscard]] Result<Archive> open(const std::string& path) const;
  /// Containers whose folders belong together, in this order; `notices` tell how they were found.
  [[nodiscard]] Result<Archive> open_containers(const std::vector<std::string>& paths,
                                                std::vector<std::string> notices) const;

 private:
  [[nodiscard]] Result<Archive> open_tree(const std::string& path) const;
  [[nodiscard]] Result<Archive> open_file(OpenFile file) const;

  Limits limits_;
};

}  // namespace mboxferry::archive
