// SPDX-License-Identifier: Apache-2.0
// What a directory holds, one name after the other.
#pragma once

#include <dirent.h>

#include <optional>
#include <string>

#include "mboxferry/base/file.h"
#include "mboxferry/base/handle.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

/// In the order of the file system; constant memory.
class DirectoryNames {
 public:
  /// `no_such_archive` when it cannot be opened.
  static Result<DirectoryNames> open(const std::string& path);
  /// Of a directory that is open; `path` is used in error texts.
  static Result<DirectoryNames> open(FileDescriptor directory, const std::string& path);

  /// The next name, without "." and "..".
  Result<std::optional<std::string>> next();

 private:
  DirectoryNames(std::string path, DIR* directory)
      : path_(std::move(path)), directory_(directory) {}

  std::string path_;
  Handle<DIR, ::closedir> directory_;
};

}  // namespace mboxferry::archive
