// SPDX-License-Identifier: Apache-2.0
// Downloads in numbered parts, as Google Takeout gives them: NAME-001.zip, NAME-002.zip.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/base/result.h"

namespace mboxferry::archive {

struct SplitPart {
  std::string path;
  std::string before;  ///< of the path: what is before the number
  /// What is behind it: ".zip", ".tgz" or ".tar.gz", in whatever case, maybe after what a browser
  /// or system puts into the name of a second copy: " (1).zip".
  std::string behind;
  unsigned number = 0;

  [[nodiscard]] bool same_download(const SplitPart& other) const;
  /// True when the name is one that Google Takeout gives. Only of such a download are parts taken
  /// in that were not named: other numbered files beside each other may be other people's.
  [[nodiscard]] bool is_of_takeout() const;
};

/// Nothing for a path whose name is not that of a part.
std::optional<SplitPart> as_split_part(const std::string& path);

/// A file beside a part of a download that may be another one, and is not read.
struct UnreadPart {
  std::string path;
  std::string reason;
};

/// Why a file beside it is not read that is called like a part, and is none.
inline constexpr std::string_view kNoPart =
    "called like a part of the download, and no archive file";

/// Why a file beside it is not read that is a part by its name, of another copy of the download.
inline constexpr std::string_view kOtherCopy =
    "a part of another copy of the download; name it too";

struct PartsBeside {
  std::vector<SplitPart> parts;    ///< `part` included, by their numbers
  std::vector<UnreadPart> unread;  ///< called like a part of the download, by their names
};

/// What lies beside `part`. A symbolic link is unread unless `follow_links`.
Result<PartsBeside> parts_beside(const SplitPart& part, bool follow_links);

bool has_number(const std::vector<SplitPart>& parts, unsigned number);
void sort_by_number(std::vector<SplitPart>& parts);

/// The paths of parts that are not there although later ones are; the first thousand.
std::vector<UnreadPart> missing_parts(const std::vector<SplitPart>& parts);

/// What the user should know: which parts were joined, which are missing. `named` tells how many of
/// them the user named.
std::vector<std::string> split_notices(const std::vector<SplitPart>& parts, std::size_t named);

/// What the user should know of a part that is read without the others beside it.
std::string alone_notice(const SplitPart& part, const SplitPart& other);

}  // namespace mboxferry::archive
