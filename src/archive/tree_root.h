// SPDX-License-Identifier: Apache-2.0
// The directory that the user named, and the way to what lies below it.
#pragma once

#include <sys/stat.h>

#include <memory>
#include <string>
#include <string_view>

#include "mboxferry/base/file.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

/// Opens files below one directory. Unless links are followed, a path that leads through a symbolic
/// link is not opened, also when the link was put there a moment ago: the archive of one user must
/// not bring in the files of another. The directory itself may be named by a link. Thread-safe.
class TreeRoot {
 public:
  static Result<std::shared_ptr<const TreeRoot>> open(const std::string& path, bool follow_links);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] bool follows_links() const { return follow_links_; }
  /// `relative` for messages.
  [[nodiscard]] std::string full(std::string_view relative) const;
  /// The other way round; `full` is below the root.
  [[nodiscard]] std::string relative(std::string_view full) const;

  /// Opens for reading; not valid, with errno set, when that fails.
  [[nodiscard]] FileDescriptor open_file(const std::string& relative) const;
  [[nodiscard]] FileDescriptor open_directory(const std::string& relative) const;
  /// Of the link when it is one. False with errno set.
  bool status(const std::string& relative, struct stat& status) const;
  /// True when the user of this process may read it, as far as `status` and the system tell.
  [[nodiscard]] bool is_readable(const std::string& relative, const struct stat& status) const;

  /// Where a symbolic link leads.
  struct Target {
    enum class Place { inside, outside, nowhere };
    Place place = Place::nowhere;
    std::string path;       ///< inside: below the root, else as the link names it
    struct stat status {};  ///< unless it leads nowhere
  };
  [[nodiscard]] Target follow(const std::string& relative) const;

 private:
  TreeRoot(std::string path, std::string canonical, FileDescriptor directory, bool follow_links);
  [[nodiscard]] FileDescriptor open_below(const std::string& relative, int flags) const;

  const std::string path_;
  const std::string canonical_;
  const FileDescriptor directory_;
  const bool follow_links_;
};

}  // namespace mboxferry::archive
