// SPDX-License-Identifier: Apache-2.0
// From file names to the segments of a folder's path.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mboxferry::archive {

/// The segments for the file `relative` (to the archive's directory, which is called `root_name`):
/// `.sbd` and `.mbox` are taken off, for a compressed file the suffix of the compression before,
/// and Apple's `Name.mbox/mbox` becomes Name. Names that are no
/// UTF-8 are taken for ISO-8859-1.
std::vector<std::string> folder_path(std::string_view relative, std::string_view root_name,
                                     bool compressed);

}  // namespace mboxferry::archive
