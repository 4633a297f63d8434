// SPDX-License-Identifier: Apache-2.0
// Bytes on disk that nobody else sees and that vanish with the program.
#include "archive/temporary_file.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace mboxferry::archive {
namespace {

Error failed(const char* step) {
  return Error{ErrorCode::io,
               "cannot " + std::string(step) + " a temporary file in " + temporary_directory() +
                   ": " + errno_text(errno),
               "set TMPDIR to a directory with enough space"};
}

}  // namespace

std::string temporary_directory() {
  const char* directory = std::getenv("TMPDIR");
  return directory == nullptr || *directory == '\0' ? "/tmp" : directory;
}

Result<TemporaryFile> TemporaryFile::create() { return create_in(temporary_directory()); }

Result<TemporaryFile> TemporaryFile::create_large() {
  const char* directory = std::getenv("TMPDIR");
  const bool is_set = directory != nullptr && *directory != '\0';
  if (!is_set) {
    auto file = create_in("/var/tmp");
    if (file) return file;
  }
  return create();
}

std::optional<std::uint64_t> TemporaryFile::free_space() const {
  struct statvfs status {};
  if (::fstatvfs(descriptor_.get(), &status) != 0) return std::nullopt;
  return std::uint64_t{status.f_bavail} * status.f_frsize;
}

Result<TemporaryFile> TemporaryFile::create_in(const std::string& directory) {
  FileDescriptor descriptor(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!descriptor.valid()) {  // not every file system has files without a name
    std::string name = directory + "/mboxferry-XXXXXX";
    descriptor = FileDescriptor(::mkostemp(name.data(), O_CLOEXEC));
    if (descriptor.valid()) ::unlink(name.c_str());
  }
  if (!descriptor.valid()) return failed("create");
  return TemporaryFile(std::move(descriptor));
}

Result<void> TemporaryFile::append(std::span<const char> bytes) {
  if (!write_all(descriptor_.get(), {bytes.data(), bytes.size()}, "")) return failed("write");
  size_ += bytes.size();
  return ok();
}

Result<void> TemporaryFile::read_at(std::uint64_t offset, std::span<char> buffer) const {
  while (!buffer.empty()) {
    const ssize_t got =
        ::pread(descriptor_.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return failed("read");
    offset += static_cast<std::uint64_t>(got);
    buffer = buffer.subspan(static_cast<std::size_t>(got));
  }
  return ok();
}

}  // namespace mboxferry::archive
