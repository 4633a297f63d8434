// SPDX-License-Identifier: Apache-2.0
// Finds the mbox files of a directory tree.
#include "archive/tree.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <string_view>
#include <utility>

#include "archive/file_kind.h"
#include "archive/file_rules.h"
#include "archive/folder_list.h"
#include "archive/folder_path.h"
#include "archive/open_file.h"
#include "mboxferry/base/handle.h"

namespace mboxferry::archive {
namespace {

class Walk {
 public:
  Walk(std::string root, std::string root_name)
      : root_(std::move(root)), root_name_(std::move(root_name)) {}

  Result<Tree> run();

 private:
  Result<void> visit_directory(const std::string& relative);
  Result<void> visit_file(const std::string& relative, const struct stat& status);
  Result<void> look_inside(const std::string& relative, Folder folder, const std::string& head);
  void leave_out(const std::string& relative, std::string_view reason) {
    left_out_.add(full(relative), reason);
  }
  [[nodiscard]] std::string full(const std::string& relative) const {
    std::string path = root_;
    if (relative.empty()) return path;
    if (!path.ends_with('/')) path += '/';
    path += relative;
    return path;
  }

  const std::string root_;
  const std::string root_name_;
  Tree tree_;
  LeftOut left_out_;
  std::set<std::pair<dev_t, ino_t>> visited_;
  std::vector<std::string> waiting_;  // directories, relative to the root
};

Result<void> Walk::visit_directory(const std::string& relative) {
  const Handle<DIR, ::closedir> directory(::opendir(full(relative).c_str()));
  if (!directory) return cannot_open(full(relative), errno);
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(directory.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return cannot_open(full(relative), errno);
  std::sort(names.begin(), names.end());
  const auto has = [&](const char* name) {
    return std::binary_search(names.begin(), names.end(), name);
  };
  const bool maildir = has("cur") && has("new") && has("tmp");
  for (const std::string& name : names) {
    std::string child = relative;
    if (!child.empty()) child += '/';
    child += name;
    struct stat status {};
    if (::stat(full(child).c_str(), &status) != 0) {
      const int error_number = errno;
      struct stat link {};
      const bool dangling = (error_number == ENOENT || error_number == ELOOP) &&
                            ::lstat(full(child).c_str(), &link) == 0 && S_ISLNK(link.st_mode);
      if (!dangling) return cannot_open(full(child), error_number);
      leave_out(child, "a link that leads nowhere");
    } else if (S_ISREG(status.st_mode)) {
      MBOXFERRY_TRY(visit_file(child, status));
    } else if (!S_ISDIR(status.st_mode)) {
      leave_out(child, "no file");
    } else if (maildir && (name == "cur" || name == "new" || name == "tmp")) {
      if (name == "cur") leave_out(relative, "Maildir is not read yet");
    } else if (visited_.emplace(status.st_dev, status.st_ino).second) {
      waiting_.push_back(child);
    } else {
      leave_out(child, "a link to a directory that is read already");
    }
  }
  return ok();
}

Result<void> Walk::visit_file(const std::string& relative, const struct stat& status) {
  const std::string_view name = base_name(relative);
  if (const auto reason = index_file_reason(name); !reason.empty()) {
    leave_out(relative, reason);
    return ok();
  }
  Folder folder;
  folder.file = full(relative);
  folder.bytes_on_disk = static_cast<std::uint64_t>(status.st_size);
  if (status.st_size == 0) {
    if (can_be_mail(name)) {
      folder.path = folder_path(relative, root_name_, false);
      tree_.folders.push_back(std::move(folder));
    } else {
      leave_out(relative, "empty");
    }
    return ok();
  }
  MBOXFERRY_ASSIGN(const OpenFile file, OpenFile::open(folder.file));
  std::string head(kHeadBytes, '\0');
  MBOXFERRY_ASSIGN(const std::size_t size,
                   file.read_at(0, std::span<char>(head.data(), head.size())));
  head.resize(size);
  return look_inside(relative, std::move(folder), head);
}

Result<void> Walk::look_inside(const std::string& relative, Folder folder,
                               const std::string& head) {
  const bool compressed = is_compressed(head);
  std::string inner = head;
  if (compressed) {
    MBOXFERRY_ASSIGN(const auto source, open_folder(folder));
    // A damaged one is kept: reading it tells where the damage is.
    inner = read_head(*source).value_or("From ");
  }
  if (looks_like_mbox(inner) || (compressed && inner.empty())) {
    folder.path = folder_path(relative, root_name_, compressed);
    tree_.folders.push_back(std::move(folder));
  } else if (const auto container = container_name(inner); !container.empty()) {
    leave_out(relative, std::string(container) + ", not unpacked");
  } else {
    leave_out(relative, "does not begin like an mbox file");
  }
  return ok();
}

Result<Tree> Walk::run() {
  struct stat status {};
  if (::stat(root_.c_str(), &status) != 0) return cannot_open(root_, errno);
  visited_.emplace(status.st_dev, status.st_ino);
  waiting_.emplace_back();
  while (!waiting_.empty()) {
    const std::string next = std::move(waiting_.back());
    waiting_.pop_back();
    MBOXFERRY_TRY(visit_directory(next));
  }
  std::sort(tree_.folders.begin(), tree_.folders.end(),
            [](const Folder& a, const Folder& b) { return a.file < b.file; });
  tree_.left_out = left_out_.lines();
  return std::move(tree_);
}

}  // namespace

Result<Tree> read_tree(const std::string& directory, const std::string& root_name) {
  return Walk(directory, root_name).run();
}

}  // namespace mboxferry::archive
