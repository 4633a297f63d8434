// SPDX-License-Identifier: Apache-2.0
// Files of a job that are copies of others of it: the shell's `*.zip` names both, and a file may
// lie beside its packed form.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "mboxferry/archive/archive.h"

namespace mboxferry::transfer {

/// Files that a job would read, and which other one of them each is a copy of by its name.
struct NamedCopies {
  /// Byte by byte (docs/decisions/0099-copies-of-what-is-named.md); of a download in parts, only
  /// when every part is. What a packed file holds may be where the plain one begins, and the other
  /// way round.
  std::map<std::string, std::string> same;
  std::set<std::string> shorter;             ///< of `same`: the other one holds more
  std::map<std::string, std::string> other;  ///< by name alone
};

/// What cannot be read is no copy here, and is told when it is opened.
NamedCopies named_copies(const std::vector<std::string>& paths);

/// Adds mboxes that lie beside their packed form, as a mailing list's `2020-January.txt` beside
/// `2020-January.txt.gz`, also in a container (`lists.tar: 2020-January.txt`). Reads both, files as
/// far as they are alike.
Result<void> add_packed_copies(const std::vector<archive::Archive>& archives, NamedCopies& copies);

/// What the user is told of a copy that is left out.
std::string copy_notice(const std::string& copy, const std::string& original);

}  // namespace mboxferry::transfer
