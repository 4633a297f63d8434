// SPDX-License-Identifier: Apache-2.0
// An owned POSIX file descriptor and error texts for system calls.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "mboxferry/base/result.h"

namespace mboxferry {

/// Owns a file descriptor; -1 is "none". Movable, closed on destruction.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() { reset(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }
  void reset();

 private:
  int fd_ = -1;
};

/// The text of an errno value, thread-safe.
std::string errno_text(int error_number);

/// The path without symbolic links, ".", ".." and relative parts, as far as it exists; as it is
/// where that cannot be found out.
std::string canonical_path(const std::string& path);

/// Writes all of `bytes` to `fd`; `name` is used in the error text.
Result<void> write_all(int fd, std::string_view bytes, const std::string& name);

/// Makes durable what was created, renamed or removed beside `path`. False with errno set; a file
/// system that knows no sync of directories is no failure.
bool sync_directory_of(const std::string& path);

/// Gives the synced file `temporary` the name `path` in the same directory, durably. False with
/// errno set.
bool put_in_place(const std::string& temporary, const std::string& path);

/// Writes `bytes` beside `path`, syncs and renames, so that a reader sees the old or the new file.
/// `mode` is limited by the umask.
Result<void> replace_file(const std::string& path, std::string_view bytes, unsigned mode = 0600);

}  // namespace mboxferry
