// SPDX-License-Identifier: Apache-2.0
// Which mailbox a folder's messages go into.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mboxferry/base/result.h"

namespace mboxferry::plan {

/// What decides about mailbox names.
struct MappingOptions {
  /// The mailbox the user named (UTF-8, `/` between levels): a single folder goes into it, a tree
  /// below it.
  std::optional<std::string> mailbox;
  bool tree = false;
  std::string prefix;    ///< of the user's own mailboxes: "" or "INBOX."
  char separator = '/';  ///< the server's; 0: no hierarchy
};

struct MappedName {
  std::string name;          ///< UTF-8 with the server's separator
  std::string renamed_from;  ///< the folder's path when a character had to be replaced, else empty
};

/// Maps a folder's path to a mailbox name. INBOX is found in any case at the top level.
/// Replaced by `_` inside a segment: the separator, `%`, `*`, control characters; leading and
/// trailing spaces are taken off. Errors: `configuration` when the user's mailbox name cannot be
/// one.
Result<MappedName> map_folder(const std::vector<std::string>& path, const MappingOptions& options);

}  // namespace mboxferry::plan
