// SPDX-License-Identifier: Apache-2.0
// A disk that is full or broken, to be preloaded. Of the files whose path holds FAILING_DISK_PATH,
// and not FAILING_DISK_BUT where that is set, the FAILING_DISK_CALL (write, sync or create) with
// the number FAILING_DISK_FROM fails with FAILING_DISK_ERRNO, and so do all that follow; with
// FAILING_DISK_ONCE only that one.
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

std::string setting(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? "" : text;
}

std::string path_of(int fd) {
  std::array<char, 4096> buffer{};
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t length = readlink(link.c_str(), buffer.data(), buffer.size());
  return length > 0 ? std::string(buffer.data(), static_cast<std::size_t>(length)) : "";
}

/// True, with errno set, when this call is to fail.
bool fails(std::string_view call, const std::string& path) {
  static const std::string wanted_path = setting("FAILING_DISK_PATH");
  static const std::string spared_path = setting("FAILING_DISK_BUT");
  static const std::string wanted_call = setting("FAILING_DISK_CALL");
  static const int from = std::atoi(setting("FAILING_DISK_FROM").c_str());
  static const int error = std::atoi(setting("FAILING_DISK_ERRNO").c_str());
  static const bool once = !setting("FAILING_DISK_ONCE").empty();
  static std::atomic<int> calls{0};
  if (call != wanted_call || wanted_path.empty()) return false;
  if (path.find(wanted_path) == std::string::npos) return false;
  if (!spared_path.empty() && path.find(spared_path) != std::string::npos) return false;
  const int number = ++calls;
  if (number < from || (once && number > from)) return false;
  errno = error;
  return true;
}

int open_file(const char* path, int flags, mode_t mode) {
  if ((flags & O_CREAT) != 0 && access(path, F_OK) != 0 && fails("create", path)) return -1;
  return static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}

ssize_t write_at(int fd, const void* bytes, std::size_t count, off_t offset) {
  if (fails("write", path_of(fd))) return -1;
  return syscall(SYS_pwrite64, fd, bytes, count, offset);
}

}  // namespace

extern "C" {
int open(const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(list, mode_t) : 0;
  va_end(list);
  return open_file(path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(list, mode_t) : 0;
  va_end(list);
  return open_file(path, flags, mode);
}
ssize_t write(int fd, const void* bytes, size_t count) {
  if (fails("write", path_of(fd))) return -1;
  return syscall(SYS_write, fd, bytes, count);
}
ssize_t pwrite(int fd, const void* bytes, size_t count, off_t offset) {
  return write_at(fd, bytes, count, offset);
}
ssize_t pwrite64(int fd, const void* bytes, size_t count, off_t offset) {
  return write_at(fd, bytes, count, offset);
}
int fsync(int fd) {
  return fails("sync", path_of(fd)) ? -1 : static_cast<int>(syscall(SYS_fsync, fd));
}
int fdatasync(int fd) {
  return fails("sync", path_of(fd)) ? -1 : static_cast<int>(syscall(SYS_fdatasync, fd));
}
}
