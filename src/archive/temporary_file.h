// SPDX-License-Identifier: Apache-2.0
// Bytes on disk that nobody else sees and that vanish with the program.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "mboxferry/base/file.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

/// The directory for temporary files: $TMPDIR, or /tmp.
std::string temporary_directory();

/// A file without a name, which only its owner may read. Errors carry the hint to set TMPDIR.
class TemporaryFile {
 public:
  static Result<TemporaryFile> create();
  /// In the directory for large files: $TMPDIR, else /var/tmp, which is rarely in memory.
  static Result<TemporaryFile> create_large();

  Result<void> append(std::span<const char> bytes);
  /// `buffer` must lie within what was appended.
  Result<void> read_at(std::uint64_t offset, std::span<char> buffer) const;
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] int descriptor() const { return descriptor_.get(); }
  /// What the file system has left for this user; nothing when it does not say.
  [[nodiscard]] std::optional<std::uint64_t> free_space() const;

 private:
  static Result<TemporaryFile> create_in(const std::string& directory);
  explicit TemporaryFile(FileDescriptor descriptor) : descriptor_(std::move(descriptor)) {}

  FileDescriptor descriptor_;
  std::uint64_t size_ = 0;
};

}  // namespace mboxferry::archive
