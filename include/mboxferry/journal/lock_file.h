// SPDX-License-Identifier: Apache-2.0
// The file that says which process works with a journal.
#pragma once

#include <optional>
#include <string>

#include "mboxferry/base/file.h"
#include "mboxferry/base/result.h"

namespace mboxferry::journal {

/// Holds `<journal>.lock`. The kernel lets go when the process ends, however it ends. The file
/// stays, empty, unless remove() is called.
class LockFile {
 public:
  /// Errors: `journal_locked`, naming the holder; `cannot_create`.
  static Result<LockFile> take(const std::string& journal_path);

  /// Deletes the file while it is held. Who has opened it meanwhile finds that out, and takes the
  /// next file of that name. Error `io`.
  Result<void> remove();
  /// Fails as take() would because of what has the lock file's name. Takes and creates nothing.
  static Result<void> check(const std::string& journal_path);

  /// Who holds it, in the words that the holder wrote; nothing when nobody does, or when that
  /// cannot be found out. Takes and creates nothing.
  static std::optional<std::string> holder_of(const std::string& journal_path);

  LockFile() = default;  ///< holds nothing
  LockFile(LockFile&&) = default;
  LockFile& operator=(LockFile&&) = delete;
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;
  ~LockFile();

 private:
  LockFile(FileDescriptor file, std::string path)
      : file_(std::move(file)), path_(std::move(path)) {}
  static Result<std::optional<LockFile>> try_take(const std::string& journal_path);

  FileDescriptor file_;
  std::string path_;
};

}  // namespace mboxferry::journal
