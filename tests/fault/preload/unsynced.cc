// SPDX-License-Identifier: Apache-2.0
// Keeping what was there, and putting it back. Calls the kernel directly: the library's functions
// are the watched ones.
#include "fault/preload/unsynced.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace power_loss {
namespace {

constexpr off_t kSector = 512;

/// A number that seed and place decide (splitmix64).
std::uint64_t drawn(std::uint64_t seed, std::uint64_t place) {
  std::uint64_t value = seed * 0x9E3779B97F4A7C15u + (place + 1) * 0xBF58476D1CE4E5B9u;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9u;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBu;
  return value ^ (value >> 31);
}

void link_file(const std::string& from, const std::string& to) {
  syscall(SYS_linkat, AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), 0);
}
void rename_file(const std::string& from, const std::string& to) {
  syscall(SYS_renameat, AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str());
}
void unlink_file(const std::string& path) { syscall(SYS_unlinkat, AT_FDCWD, path.c_str(), 0); }

off_t size_of(int fd) {
  struct stat status {};
  return fstat(fd, &status) == 0 ? status.st_size : 0;
}

}  // namespace

Unsynced::Unsynced(std::string folder)
    : folder_(std::move(folder)), backups_(folder_ + ".backups") {
  mkdir(backups_.c_str(), 0700);
}

bool Unsynced::watches(const std::string& path) const {
  return path == folder_ || path.starts_with(folder_ + "/");
}

Unsynced::FileId Unsynced::file_of(int fd, const std::string& path) {
  struct stat status {};
  fstat(fd, &status);
  const FileId id = status.st_ino;
  File& file = files_[id];
  if (file.fd < 0)
    file.fd = static_cast<int>(
        syscall(SYS_openat, AT_FDCWD, path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  return id;
}

void Unsynced::keep_bytes(FileId file, off_t offset, std::size_t length) {
  File& known = files_[file];
  Change change{offset, std::vector<char>(length), size_of(known.fd)};
  for (std::size_t done = 0; done < length;) {
    const ssize_t got = pread(known.fd, change.before.data() + done, length - done,
                              offset + static_cast<off_t>(done));
    if (got <= 0) break;  // beyond the end there are zeros
    done += static_cast<std::size_t>(got);
  }
  known.changes.push_back(std::move(change));
}

void Unsynced::before_write(FileId file, off_t offset, std::size_t length) {
  keep_bytes(file, offset, length);
}

void Unsynced::before_truncate(FileId file, off_t size) {
  const off_t now = size_of(files_[file].fd);
  keep_bytes(file, size, now > size ? static_cast<std::size_t>(now - size) : 0);
}

std::string Unsynced::keep(const std::string& path) {
  if (access(path.c_str(), F_OK) != 0) return "";
  std::string backup =
      backups_ + "/" + std::to_string(getpid()) + "-" + std::to_string(next_backup_++);
  link_file(path, backup);
  return backup;
}

void Unsynced::before_rename(const std::string& from, const std::string& to) {
  names_.push_back({NameChange::Kind::renamed, from, to, keep(to)});
}

void Unsynced::before_unlink(const std::string& path) {
  if (std::string backup = keep(path); !backup.empty())
    names_.push_back({NameChange::Kind::unlinked, path, "", std::move(backup)});
}

void Unsynced::created(const std::string& path) {
  names_.push_back({NameChange::Kind::created, path, "", ""});
}

void Unsynced::synced(FileId file) { files_[file].changes.clear(); }

void Unsynced::folder_synced(const std::string& path) {
  std::erase_if(names_, [&](const NameChange& change) {
    return change.path.substr(0, change.path.rfind('/')) == path;
  });
}

void Unsynced::lose_changes(const File& file, std::optional<std::uint64_t> seed) {
  const std::size_t count = file.changes.size();
  if (count == 0) return;
  const auto kept = [&](off_t sector) -> std::size_t {
    return seed ? drawn(*seed, static_cast<std::uint64_t>(sector)) % (count + 1) : 0;
  };
  off_t size = size_of(file.fd);
  const std::size_t sizes_kept = kept(-1);
  for (std::size_t at = count; at-- > 0;) {
    const Change& change = file.changes[at];
    const off_t end = change.offset + static_cast<off_t>(change.before.size());
    for (off_t from = change.offset; from < end;) {
      const off_t next = std::min(end, (from / kSector + 1) * kSector);
      if (at >= kept(from / kSector))
        syscall(SYS_pwrite64, file.fd, change.before.data() + (from - change.offset), next - from,
                from);
      from = next;
    }
    if (at >= sizes_kept) size = change.size_before;
  }
  syscall(SYS_ftruncate, file.fd, size);
}

void Unsynced::take_back(const NameChange& change) {
  switch (change.kind) {
    case NameChange::Kind::created:
      return unlink_file(change.path);
    case NameChange::Kind::renamed:
      rename_file(change.target, change.path);
      break;
    case NameChange::Kind::unlinked:
      break;
  }
  if (change.backup.empty()) return;
  rename_file(change.backup,
              change.kind == NameChange::Kind::renamed ? change.target : change.path);
}

void Unsynced::lose(std::optional<std::uint64_t> seed) {
  std::uint64_t number = 0;
  for (const auto& [id, file] : files_) {
    ++number;
    lose_changes(file, seed ? std::optional(drawn(*seed, number)) : std::nullopt);
  }
  // Names change in order: a file system's own journal sees to that.
  const std::size_t kept = seed ? drawn(*seed, 0) % (names_.size() + 1) : 0;
  for (std::size_t at = names_.size(); at-- > kept;) take_back(names_[at]);
}

}  // namespace power_loss
