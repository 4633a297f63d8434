// SPDX-License-Identifier: Apache-2.0
// Archives of a command that are copies of others of it: the shell's `*.zip` names both.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace mboxferry::transfer {

/// Files that a command names, and which other one of them each is a copy of by its name.
struct NamedCopies {
  /// Byte by byte (docs/decisions/0099-copies-of-what-is-named.md); of a download in parts, only
  /// when every part is.
  std::map<std::string, std::string> same;
  std::map<std::string, std::string> other;  ///< by name alone
};

/// What cannot be read is no copy here, and is told when it is opened.
NamedCopies named_copies(const std::vector<std::string>& paths);

}  // namespace mboxferry::transfer
