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

/// The segments for a directory, `.sbd` and `.mbox` taken off; `root_name` for the root itself.
std::vector<std::string> directory_path(std::string_view relative, std::string_view root_name);

/// The same for a directory of Apple Mail: of "V9/account/A.mbox/B.mbox" only A and B count.
std::vector<std::string> emlx_path(std::string_view relative, std::string_view root_name);

}  // namespace mboxferry::archive
