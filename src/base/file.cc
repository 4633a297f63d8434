// SPDX-License-Identifier: Apache-2.0
// File descriptors, and giving files their names.
#include "mboxferry/base/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace mboxferry {

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void FileDescriptor::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

std::string errno_text(int error_number) {
  return std::error_code(error_number, std::generic_category()).message();
}

std::string canonical_path(const std::string& path) {
  std::error_code failed;
  const auto canonical = std::filesystem::weakly_canonical(path, failed);
  return failed ? path : canonical.string();
}

Result<void> write_all(int fd, std::string_view bytes, const std::string& name) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return Error{ErrorCode::io, "cannot write " + name + ": " + errno_text(errno),
                   "free space or choose another place, then run the same command again"};
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return ok();
}

bool sync_directory_of(const std::string& path) {
  const std::string directory = std::filesystem::path(path).parent_path().string();
  const FileDescriptor parent(
      ::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent.valid()) return false;
  return ::fsync(parent.get()) == 0 || errno == EINVAL || errno == ENOTSUP;
}

bool put_in_place(const std::string& temporary, const std::string& path) {
  return std::rename(temporary.c_str(), path.c_str()) == 0 && sync_directory_of(path);
}

}  // namespace mboxferry
