// SPDX-License-Identifier: Apache-2.0
// Downloads in numbered parts, as Google Takeout gives them: NAME-001.zip, NAME-002.zip.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mboxferry/base/result.h"

namespace mboxferry::archive {

struct SplitPart {
  std::string path;
  std::string before;  ///< of the path: what is before the number
  std::string behind;  ///< what is behind it: ".zip", ".tgz" or ".tar.gz"
  unsigned number = 0;

  [[nodiscard]] bool same_download(const SplitPart& other) const {
    return before == other.before && behind == other.behind;
  }
};

/// Nothing for a path whose name is not that of a part.
std::optional<SplitPart> as_split_part(const std::string& path);

/// All parts of the download beside `part`, itself included, by their numbers.
Result<std::vector<SplitPart>> parts_beside(const SplitPart& part);

/// The paths of parts that are not there although later ones are; the first thousand.
std::vector<std::string> missing_parts(const std::vector<SplitPart>& parts);

/// What the user should know: which parts were joined, which are missing. `named` tells how many of
/// them the user named.
std::vector<std::string> split_notices(const std::vector<SplitPart>& parts, std::size_t named);

}  // namespace mboxferry::archive
