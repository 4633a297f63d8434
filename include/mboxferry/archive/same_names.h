// SPDX-License-Identifier: Apache-2.0
// Folders of one name: read as UTF-8, or without what stands for a kind of file.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "mboxferry/archive/archive.h"

namespace mboxferry::archive {

/// Told of one folder after the other. Of a tree or a container, wherever they lie; files that the
/// user named count where they lie beside each other, as they may well be parts of one folder.
class SameNames {
 public:
  /// What to tell the user when a folder before this one has the same name; the first keeps it.
  /// `place`: where its bytes are, as it is to be told.
  std::optional<std::string> see(const Folder& folder, const std::string& place);

 private:
  std::map<std::string, std::string> first_;  ///< places by names
};

}  // namespace mboxferry::archive
