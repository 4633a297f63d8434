// SPDX-License-Identifier: Apache-2.0
// Files and folders that a row of a batch names.
#include "cli/row_files.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "mboxferry/base/file.h"
#include "mboxferry/base/file_access.h"

namespace mboxferry::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostEntries = 100'000;

}  // namespace

Stamp stamp_of(const std::string& path) {
  std::error_code error;
  Stamp stamp;
  std::int64_t newest = 0;
  const auto add = [&](const fs::path& file) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) return;
    if (S_ISREG(status.st_mode)) stamp.size += static_cast<std::uint64_t>(status.st_size);
    newest = std::max<std::int64_t>(newest,
                                    status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec);
  };
  add(path);
  if (fs::is_directory(path, error)) {
    std::uint64_t entries = 0;
    const auto skip = fs::directory_options::skip_permission_denied;
    for (fs::recursive_directory_iterator file(path, skip, error), end;
         !error && file != end && entries < kMostEntries; file.increment(error), ++entries) {
      add(file->path());
    }
  }
  stamp.text = fmt::format("{} {}", stamp.size, newest);
  return stamp;
}

std::string password_file_problem(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || ::access(path.c_str(), R_OK) != 0) {
    return "cannot read the password file " + path + ": " + errno_text(errno);
  }
  if (const auto alone = refuse_writable_by_others(status, "password file", path); !alone)
    return describe(alone.error());
  if (!others_can_read(status.st_mode, status.st_uid)) return "";
  return "others can read the password file " + path + "; run: chmod 600 " + path;
}

}  // namespace mboxferry::cli
