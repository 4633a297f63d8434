// SPDX-License-Identifier: Apache-2.0
// A machine that loses its power, to be preloaded: takes back what was not synced and kills.
//
// POWER_LOSS_FOLDER is watched. The power goes before the sync with the number POWER_LOSS_AT, at
// raise(SIGKILL), or with POWER_LOSS_AT_EXIT after the program's end. POWER_LOSS_SEED loses a
// random part instead of everything. Syncs themselves do nothing else: nobody cuts the power of the
// tests.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <string>

#include "fault/preload/unsynced.h"

namespace power_loss {
namespace {

std::optional<std::uint64_t> number_from(const char* name) {
  const char* text = std::getenv(name);
  if (text == nullptr) return std::nullopt;
  return std::strtoull(text, nullptr, 10);
}

struct Machine {
  std::mutex mutex;
  std::optional<Unsynced> disk;
  std::uint64_t syncs = 0;
  const std::optional<std::uint64_t> at = number_from("POWER_LOSS_AT");
  const std::optional<std::uint64_t> seed = number_from("POWER_LOSS_SEED");

  Machine() {
    if (const char* folder = std::getenv("POWER_LOSS_FOLDER")) disk.emplace(folder);
  }
};

/// Never destroyed: files are written until the very end.
Machine& machine() {
  static Machine* const the_machine = new Machine;
  return *the_machine;
}

/// With the lock, which is never given back.
[[noreturn]] void power_goes(Machine& here) {
  here.disk->lose(here.seed);
  for (;;) syscall(SYS_kill, getpid(), SIGKILL);
}

int result_of(long value) { return static_cast<int>(value); }

std::string path_of(int fd) {
  std::array<char, 4096> buffer{};
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t length = readlink(link.c_str(), buffer.data(), buffer.size());
  return length > 0 ? std::string(buffer.data(), static_cast<std::size_t>(length)) : "";
}

int open_file(int folder, const char* path, int flags, mode_t mode) {
  Machine& here = machine();
  const std::scoped_lock lock(here.mutex);
  const bool watched = here.disk && here.disk->watches(path);
  const bool there = watched && access(path, F_OK) == 0;
  const bool empties = watched && there && (flags & O_TRUNC) != 0;
  const int fd =
      result_of(syscall(SYS_openat, folder, path, empties ? flags & ~O_TRUNC : flags, mode));
  if (fd < 0 || !watched || (flags & O_DIRECTORY) != 0) return fd;
  if (!there) here.disk->created(path);
  const auto file = here.disk->file_of(fd, path);
  if (empties) {
    here.disk->before_truncate(file, 0);
    syscall(SYS_ftruncate, fd, 0);
  }
  return fd;
}

ssize_t write_at(int fd, const void* bytes, std::size_t count, std::optional<off_t> offset) {
  Machine& here = machine();
  const std::scoped_lock lock(here.mutex);
  if (const std::string path = here.disk ? path_of(fd) : ""; here.disk && here.disk->watches(path))
    here.disk->before_write(here.disk->file_of(fd, path),
                            offset.value_or(offset ? 0 : lseek(fd, 0, SEEK_CUR)), count);
  return offset ? syscall(SYS_pwrite64, fd, bytes, count, *offset)
                : syscall(SYS_write, fd, bytes, count);
}

int truncate_to(int fd, off_t size) {
  Machine& here = machine();
  const std::scoped_lock lock(here.mutex);
  if (const std::string path = here.disk ? path_of(fd) : ""; here.disk && here.disk->watches(path))
    here.disk->before_truncate(here.disk->file_of(fd, path), size);
  return result_of(syscall(SYS_ftruncate, fd, size));
}

int sync(int fd) {
  Machine& here = machine();
  const std::scoped_lock lock(here.mutex);
  const std::string path = here.disk ? path_of(fd) : "";
  if (!here.disk || !here.disk->watches(path)) return 0;
  if (++here.syncs == here.at) power_goes(here);
  struct stat status {};
  if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode))
    here.disk->folder_synced(path);
  else
    here.disk->synced(here.disk->file_of(fd, path));
  return 0;
}

/// The machine goes after the program has ended well.
__attribute__((destructor)) void at_exit() {
  Machine& here = machine();
  if (!here.disk || std::getenv("POWER_LOSS_AT_EXIT") == nullptr) return;
  const std::scoped_lock lock(here.mutex);
  here.disk->lose(here.seed);
}

}  // namespace
}  // namespace power_loss

extern "C" {
int open(const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(list, mode_t) : 0;
  va_end(list);
  return power_loss::open_file(AT_FDCWD, path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(list, mode_t) : 0;
  va_end(list);
  return power_loss::open_file(AT_FDCWD, path, flags, mode);
}
int mkostemp(char* pattern, int flags) {
  // Good enough for a test: one process, and nobody who guesses names.
  static int number = 0;
  std::string path(pattern);
  const std::string digits = std::to_string(100000 + (getpid() * 31 + number++) % 900000);
  path.replace(path.size() - 6, 6, digits);
  path.copy(pattern, path.size());
  return power_loss::open_file(AT_FDCWD, pattern, O_RDWR | O_CREAT | O_EXCL | flags, 0600);
}
int mkostemp64(char* pattern, int flags) { return mkostemp(pattern, flags); }

ssize_t write(int fd, const void* bytes, size_t count) {
  return power_loss::write_at(fd, bytes, count, std::nullopt);
}
ssize_t pwrite(int fd, const void* bytes, size_t count, off_t offset) {
  return power_loss::write_at(fd, bytes, count, offset);
}
ssize_t pwrite64(int fd, const void* bytes, size_t count, off_t offset) {
  return power_loss::write_at(fd, bytes, count, offset);
}
int ftruncate(int fd, off_t size) noexcept { return power_loss::truncate_to(fd, size); }
int ftruncate64(int fd, off_t size) noexcept { return power_loss::truncate_to(fd, size); }

int fsync(int fd) { return power_loss::sync(fd); }
int fdatasync(int fd) { return power_loss::sync(fd); }

int rename(const char* from, const char* to) noexcept {
  auto& here = power_loss::machine();
  const std::scoped_lock lock(here.mutex);
  if (here.disk && here.disk->watches(to)) here.disk->before_rename(from, to);
  return static_cast<int>(syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to));
}
int unlink(const char* path) noexcept {
  auto& here = power_loss::machine();
  const std::scoped_lock lock(here.mutex);
  if (here.disk && here.disk->watches(path)) here.disk->before_unlink(path);
  return static_cast<int>(syscall(SYS_unlinkat, AT_FDCWD, path, 0));
}

int raise(int signal) noexcept {
  auto& here = power_loss::machine();
  if (signal != SIGKILL || !here.disk) return kill(getpid(), signal);
  here.mutex.lock();
  power_loss::power_goes(here);
}
}
