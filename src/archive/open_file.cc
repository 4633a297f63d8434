// SPDX-License-Identifier: Apache-2.0
// Positioned reads with errors that name the place.
#include "archive/open_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace mboxferry::archive {
namespace {

std::string_view type_name(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

int open_path(const std::string& path) {
  if (path == kStandardInput) return ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
  // Without O_NONBLOCK a pipe without a writer would stop us here.
  return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

}  // namespace

std::int64_t modification_time(const struct stat& status) {
  return std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
}

std::int64_t status_change_time(const struct stat& status) {
  return std::int64_t{status.st_ctim.tv_sec} * 1'000'000'000 + status.st_ctim.tv_nsec;
}

std::string file_version(std::int64_t modified_ns, std::int64_t changed_ns) {
  return std::to_string(modified_ns) + ' ' + std::to_string(changed_ns) + ' ';
}

Error cannot_open(const std::string& path, int error_number) {
  Error error{ErrorCode::no_such_archive, "cannot open " + path + ": " + errno_text(error_number),
              "check the name"};
  if (error_number == EACCES || error_number == EPERM) {
    error.hint = "run as a user who may read it";
  }
  return error;
}

Error changed_while_read(const std::string& name) {
  return Error{ErrorCode::archive_changed,
               name + " changed while it was being read",
               "run again when no other program writes to it",
               ErrorScope::job,
               {Retry::When::now, {}}};
}

OpenFile::OpenFile(FileDescriptor descriptor, std::string path,
                   std::shared_ptr<const TreeRoot> root, const struct stat& status)
    : descriptor_(std::move(descriptor)),
      path_(std::move(path)),
      root_(std::move(root)),
      size_(static_cast<std::uint64_t>(status.st_size)),
      modified_ns_(modification_time(status)),
      changed_ns_(status_change_time(status)),
      device_(status.st_dev),
      inode_(status.st_ino) {}

Result<OpenFile> OpenFile::open(const std::string& path) { return open(nullptr, path); }

Result<OpenFile> OpenFile::open(const std::shared_ptr<const TreeRoot>& root,
                                const std::string& path) {
  FileDescriptor descriptor =
      root ? root->open_file(root->relative(path)) : FileDescriptor(open_path(path));
  if (!descriptor.valid()) return cannot_open(path, errno);
  struct stat status {};
  if (::fstat(descriptor.get(), &status) != 0) return cannot_open(path, errno);
  if (!S_ISREG(status.st_mode)) {
    return Error{ErrorCode::no_such_archive,
                 "cannot read " + path + ": it is " + std::string(type_name(status.st_mode)) +
                     ", not a file",
                 "name an mbox file or a directory of them"};
  }
  return OpenFile(std::move(descriptor), path, root, status);
}

Result<std::size_t> OpenFile::read_at(std::uint64_t offset, std::span<char> buffer) const {
  std::size_t done = 0;
  while (done < buffer.size()) {
    const auto position = static_cast<off_t>(offset + done);
    const ssize_t got =
        ::pread(descriptor_.get(), buffer.data() + done, buffer.size() - done, position);
    if (got < 0) {
      if (errno == EINTR) continue;
      return Error{ErrorCode::io,
                   "cannot read " + path_ + " at byte " + std::to_string(position) + ": " +
                       errno_text(errno),
                   "check the disk, or copy the file to another one"};
    }
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
    if (offset + done == size_) break;  // saves a call a file; what grew is noticed at the end
  }
  return done;
}

bool OpenFile::same_as(const struct stat& status) const {
  return static_cast<std::uint64_t>(status.st_size) == size_ &&
         modification_time(status) == modified_ns_ && status.st_dev == device_ &&
         status.st_ino == inode_;
}

bool OpenFile::named_status(struct stat& status) const {
  if (root_ && !root_->follows_links()) return root_->status(root_->relative(path_), status);
  return ::stat(path_.c_str(), &status) == 0;
}

Result<void> OpenFile::check_unchanged() const {
  struct stat opened {};
  struct stat named {};
  const bool unchanged = ::fstat(descriptor_.get(), &opened) == 0 && same_as(opened) &&
                         (path_ == kStandardInput || (named_status(named) && same_as(named)));
  if (unchanged) return ok();
  return changed_while_read(path_);
}

}  // namespace mboxferry::archive
