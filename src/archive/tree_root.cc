// SPDX-License-Identifier: Apache-2.0
// Opens what lies below a directory, and nothing else.
#include "archive/tree_root.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <utility>

#include "archive/file_rules.h"
#include "archive/open_file.h"

namespace mboxferry::archive {
namespace {

// Without O_NONBLOCK a pipe without a writer would stop us here.
constexpr int kReading = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;

// For kernels before 5.6 and sandboxes that do not know openat2(): one segment after the other.
int open_by_steps(int directory, std::string_view relative, int flags) {
  FileDescriptor parent;
  int from = directory;
  for (;;) {
    const std::size_t slash = relative.find('/');
    const std::string segment(relative.substr(0, slash));
    if (slash == std::string_view::npos) return ::openat(from, segment.c_str(), flags | O_NOFOLLOW);
    parent = FileDescriptor(
        ::openat(from, segment.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (!parent.valid()) return -1;
    from = parent.get();
    relative.remove_prefix(slash + 1);
  }
}

int open_without_links(int directory, const std::string& relative, int flags) {
  struct open_how how {};
  how.flags = static_cast<unsigned>(flags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  const long opened = ::syscall(SYS_openat2, directory, relative.c_str(), &how, sizeof how);
  if (opened >= 0 || (errno != ENOSYS && errno != EPERM)) return static_cast<int>(opened);
  return open_by_steps(directory, relative, flags);
}

std::string canonical_path(const std::string& path) {
  std::array<char, PATH_MAX> resolved{};
  return ::realpath(path.c_str(), resolved.data()) == nullptr ? "" : resolved.data();
}

std::string link_text(int directory, const std::string& relative) {
  std::array<char, PATH_MAX> text{};
  const ssize_t size = ::readlinkat(directory, relative.c_str(), text.data(), text.size());
  return size < 0 ? "" : std::string(text.data(), static_cast<std::size_t>(size));
}

}  // namespace

TreeRoot::TreeRoot(std::string path, std::string canonical, FileDescriptor directory,
                   bool follow_links)
    : path_(std::move(path)),
      canonical_(std::move(canonical)),
      directory_(std::move(directory)),
      follow_links_(follow_links) {}

Result<std::shared_ptr<const TreeRoot>> TreeRoot::open(const std::string& path, bool follow_links) {
  FileDescriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) return cannot_open(path, errno);
  std::string canonical = canonical_path(path);
  if (canonical.empty()) return cannot_open(path, errno);
  return std::shared_ptr<const TreeRoot>(
      new TreeRoot(path, std::move(canonical), std::move(directory), follow_links));
}

std::string TreeRoot::full(std::string_view relative) const { return join_path(path_, relative); }

std::string TreeRoot::relative(std::string_view full) const {
  full.remove_prefix(std::min(full.size(), path_.size()));
  while (full.starts_with('/')) full.remove_prefix(1);
  return std::string(full);
}

FileDescriptor TreeRoot::open_below(const std::string& relative, int flags) const {
  const char* const path = relative.empty() ? "." : relative.c_str();
  if (follow_links_ || relative.empty())
    return FileDescriptor(::openat(directory_.get(), path, flags));
  return FileDescriptor(open_without_links(directory_.get(), relative, flags));
}

FileDescriptor TreeRoot::open_file(const std::string& relative) const {
  return open_below(relative, kReading);
}

FileDescriptor TreeRoot::open_directory(const std::string& relative) const {
  return open_below(relative, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

bool TreeRoot::status(const std::string& relative, struct stat& status) const {
  return ::fstatat(directory_.get(), relative.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
}

bool TreeRoot::is_readable(const std::string& relative, const struct stat& status) const {
  const uid_t user = ::geteuid();
  if (user == status.st_uid && (status.st_mode & S_IRUSR) != 0) return true;
  return ::faccessat(directory_.get(), relative.c_str(), R_OK, AT_EACCESS) == 0;
}

TreeRoot::Target TreeRoot::follow(const std::string& relative) const {
  Target target;
  target.path = link_text(directory_.get(), relative);
  const std::string resolved = canonical_path(full(relative));
  if (resolved.empty() || ::stat(resolved.c_str(), &target.status) != 0) return target;
  const std::string below = canonical_.ends_with('/') ? canonical_ : canonical_ + '/';
  target.place = Target::Place::outside;
  if (resolved != canonical_ && !resolved.starts_with(below)) return target;
  target.place = Target::Place::inside;
  target.path = resolved == canonical_ ? "." : resolved.substr(below.size());
  return target;
}

}  // namespace mboxferry::archive
