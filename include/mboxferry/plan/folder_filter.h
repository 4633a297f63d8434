// SPDX-License-Identifier: Apache-2.0
// Which folders are moved (--include, --exclude).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/base/result.h"

namespace mboxferry::plan {

/// Wildcards over folder paths with `/` between levels (see base/glob.h). One that matches a folder
/// holds for all that is below it. An exclude beats an include.
class FolderFilter {
 public:
  /// Error `usage`: an empty wildcard, or one that is no UTF-8.
  static Result<FolderFilter> create(std::vector<std::string> include,
                                     std::vector<std::string> exclude);

  /// True when no exclude matches, and an include does, or there is none.
  [[nodiscard]] bool admits(std::string_view path) const;
  /// The same of a file that is no folder, with its name as it is or without its extension.
  [[nodiscard]] bool admits_file(std::string_view path) const;

 private:
  FolderFilter() = default;

  std::vector<std::string> include_;
  std::vector<std::string> exclude_;
};

}  // namespace mboxferry::plan
