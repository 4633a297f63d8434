// SPDX-License-Identifier: Apache-2.0
// What a directory holds, one name after the other.
#include "archive/directory_names.h"

#include <fcntl.h>
#include <unistd.h>

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

Result<DirectoryNames> DirectoryNames::open(FileDescriptor directory, const std::string& path) {
  const int own = ::fcntl(directory.get(), F_DUPFD_CLOEXEC, 0);  // the stream closes it
  DIR* stream = own < 0 ? nullptr : ::fdopendir(own);
  if (stream != nullptr) return DirectoryNames(path, stream);
  const int error_number = errno;
  if (own >= 0) ::close(own);
  return cannot_open(path, error_number);
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

}  // namespace mboxferry::archive
