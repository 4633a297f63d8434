// SPDX-License-Identifier: Apache-2.0
// What a directory holds, one name after the other.
#include "archive/directory_names.h"

#include <cerrno>
#include <string_view>
#include <utility>

#include "archive/open_file.h"

namespace mboxferry::archive {

Result<DirectoryNames> DirectoryNames::open(const std::string& path) {
  DIR* directory = ::opendir(path.c_str());
  if (directory == nullptr) return cannot_open(path, errno);
  return DirectoryNames(path, directory);
}

Result<std::optional<std::string>> DirectoryNames::next() {
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(directory_.get());
    if (entry == nullptr && errno != 0) return cannot_open(path_, errno);
    if (entry == nullptr) return std::optional<std::string>();
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") return std::optional<std::string>(name);
  }
}

Result<std::optional<struct stat>> status_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) return std::optional(status);
  const int error_number = errno;
  struct stat link {};
  const bool dangling = (error_number == ENOENT || error_number == ELOOP) &&
                        ::lstat(path.c_str(), &link) == 0 && S_ISLNK(link.st_mode);
  if (!dangling) return cannot_open(path, error_number);
  return std::optional<struct stat>();
}

}  // namespace mboxferry::archive
