// SPDX-License-Identifier: Apache-2.0
// The file that says which process works with a journal.
#include "mboxferry/journal/lock_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "mboxferry/base/time.h"
#include "mboxferry/base/words.h"

namespace mboxferry::journal {
namespace {

std::string who_we_are() {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host[0] = '?';
  return fmt::format(
      "pid {} on {} since {}\n", getpid(), host.data(),
      to_rfc3339({.unix_seconds = system_clock().unix_seconds(), .zone_minutes = 0}));
}

// What the holder wrote about itself; anything may stand in that file.
std::string holder(int fd) {
  std::array<char, 400> buffer{};
  const ssize_t size = pread(fd, buffer.data(), buffer.size(), 0);
  if (size <= 0) return "another process";
  std::string text(buffer.data(), static_cast<std::size_t>(size));
  text.resize(std::min(text.find('\n'), text.size()));
  return text.empty() ? "another process" : printable_ascii(text, buffer.size());
}

Error cannot_open_lock(const std::string& path) {
  return {.code = ErrorCode::cannot_create,
          .what = fmt::format("cannot create the lock file {}: {}", path, errno_text(errno)),
          .hint =
              "name a journal in a directory that can be written, with --journal or "
              "--state-dir"};
}

// What is in the file is about to be lost: it must not be a file that someone gave this name.
Result<void> check_is_ours(const FileDescriptor& file, const std::string& path) {
  struct stat status {};
  if (fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
      status.st_nlink <= 1)  // none: it was deleted just now
    return ok();
  return Error{
      .code = ErrorCode::configuration,
      .what = fmt::format("the lock file {} is no file of this user, or has other names", path),
      .hint = "look at it, and remove it when no mboxferry is at work there"};
}

}  // namespace

Result<void> LockFile::check(const std::string& journal_path) {
  const std::string path = journal_path + ".lock";
  const FileDescriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (file.valid()) return check_is_ours(file, path);
  return errno == ENOENT ? ok() : Result<void>(cannot_open_lock(path));
}

Result<LockFile> LockFile::take(const std::string& journal_path) {
  for (;;) {
    MBOXFERRY_ASSIGN(std::optional<LockFile> lock, try_take(journal_path));
    if (lock) return *std::move(lock);
  }
}

/// Nothing when the file was deleted between being opened and locked: another process could lock
/// the next file of that name.
Result<std::optional<LockFile>> LockFile::try_take(const std::string& journal_path) {
  const std::string path = journal_path + ".lock";
  FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.valid()) return cannot_open_lock(path);
  MBOXFERRY_TRY(check_is_ours(file, path));
  // An open-file-description lock: unlike a POSIX one it is not lost when another descriptor of
  // the same file is closed, and unlike flock it works over NFS.
  struct flock request {};
  request.l_type = F_WRLCK;
  request.l_whence = SEEK_SET;
  if (fcntl(file.get(), F_OFD_SETLK, &request) != 0) {
    if (errno != EAGAIN && errno != EACCES) {
      return Error{.code = ErrorCode::cannot_create,
                   .what = fmt::format("cannot lock {}: {}", path, errno_text(errno)),
                   .hint = "name a journal on a local disk, with --journal or --state-dir"};
    }
    return Error{
        .code = ErrorCode::journal_locked,
        .what = fmt::format("the journal {} is in use by {}", journal_path, holder(file.get())),
        .hint = "wait until that process has ended, or stop it; then run the same command again"};
  }
  struct stat held {};
  struct stat now {};
  if (fstat(file.get(), &held) != 0 || ::stat(path.c_str(), &now) != 0 ||
      now.st_ino != held.st_ino || now.st_dev != held.st_dev)
    return std::optional<LockFile>();
  // The text helps people only, so a full disk must not fail here: the journal itself will.
  const std::string text = who_we_are();
  if (ftruncate(file.get(), 0) == 0) {
    static_cast<void>(pwrite(file.get(), text.data(), text.size(), 0) < 0);
  }
  return std::optional(LockFile(std::move(file), path));
}

Result<void> LockFile::remove() {
  if (::unlink(path_.c_str()) == 0 || errno == ENOENT) return ok();
  return Error{.code = ErrorCode::io,
               .what = fmt::format("cannot remove {}: {}", path_, errno_text(errno)),
               .hint = "remove it by hand"};
}

std::optional<std::string> LockFile::holder_of(const std::string& journal_path) {
  const std::string path = canonical_path(journal_path) + ".lock";
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.valid()) return std::nullopt;
  struct flock question {};
  question.l_type = F_WRLCK;
  question.l_whence = SEEK_SET;
  const bool held = fcntl(file.get(), F_OFD_GETLK, &question) == 0 && question.l_type != F_UNLCK;
  return held ? std::optional(holder(file.get())) : std::nullopt;
}

LockFile::~LockFile() {
  if (file_.valid()) static_cast<void>(ftruncate(file_.get(), 0) < 0);
}

}  // namespace mboxferry::journal
