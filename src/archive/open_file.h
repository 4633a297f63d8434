// SPDX-License-Identifier: Apache-2.0
// A regular file, opened for reading, that notices when it is changed.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "archive/tree_root.h"
#include "mboxferry/base/file.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

/// The path that stands for file descriptor 0. A file of this name is "./standard input".
inline constexpr std::string_view kStandardInput = "standard input";

/// Movable; one thread at a time.
class OpenFile {
 public:
  /// `no_such_archive` when it cannot be opened or is no regular file.
  static Result<OpenFile> open(const std::string& path);
  /// `path` is below `root`, which may be null: then it is opened by its name alone.
  static Result<OpenFile> open(const std::shared_ptr<const TreeRoot>& root,
                               const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] int descriptor() const { return descriptor_.get(); }
  /// As they were when the file was opened.
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] std::int64_t modified_ns() const { return modified_ns_; }
  [[nodiscard]] std::int64_t changed_ns() const { return changed_ns_; }

  /// Fills `buffer` from `offset`; less than its size only at the end of the file.
  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> buffer) const;
  /// `archive_changed` when size, modification time or inode are others than at first, for the
  /// open file or for what its path leads to now.
  [[nodiscard]] Result<void> check_unchanged() const;

 private:
  OpenFile(FileDescriptor descriptor, std::string path, std::shared_ptr<const TreeRoot> root,
           const struct stat& status);
  [[nodiscard]] bool same_as(const struct stat& status) const;
  bool named_status(struct stat& status) const;

  FileDescriptor descriptor_;
  std::string path_;
  std::shared_ptr<const TreeRoot> root_;
  std::uint64_t size_;
  std::int64_t modified_ns_;
  std::int64_t changed_ns_;
  std::uint64_t device_;
  std::uint64_t inode_;
};

/// Nanoseconds since 1970.
std::int64_t modification_time(const struct stat& status);
std::int64_t status_change_time(const struct stat& status);

/// What is another text when something was written to the file; both in nanoseconds, and
/// `changed_ns` 0 where the file may be renamed.
std::string file_version(std::int64_t modified_ns, std::int64_t changed_ns);

/// `archive_changed`: `name` is another file than it was.
Error changed_while_read(const std::string& name);

/// The error for a path that cannot be opened; `error_number` is an errno value.
Error cannot_open(const std::string& path, int error_number);

}  // namespace mboxferry::archive
