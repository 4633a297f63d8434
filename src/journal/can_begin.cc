// SPDX-License-Identifier: Apache-2.0
// The conditions of Journal::open, for a dry run.
#include "mboxferry/journal/can_begin.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "mboxferry/base/file.h"
#include "mboxferry/base/file_access.h"
#include "mboxferry/journal/lock_file.h"

namespace mboxferry::journal {
namespace {

namespace fs = std::filesystem;

Error cannot_create(const std::string& what, int error_number) {
  return {.code = ErrorCode::cannot_create,
          .what = fmt::format("cannot create {}: {}", what, errno_text(error_number)),
          .hint = "name another place with --journal or --state-dir"};
}

Result<void> can_make_files(const fs::path& folder) {
  const std::string name = folder.empty() ? "." : folder.string();
  if (::faccessat(AT_FDCWD, name.c_str(), W_OK | X_OK, AT_EACCESS) == 0) return ok();
  return cannot_create("a file in " + name, errno);
}

/// The folder is not there: the nearest one above it that is has to take it.
Result<void> can_make_folder(const fs::path& folder) {
  fs::path above = fs::absolute(folder);
  std::error_code ignored;
  while (!fs::exists(above, ignored) && above.has_relative_path()) above = above.parent_path();
  if (!fs::is_directory(above, ignored)) return cannot_create(folder.string(), ENOTDIR);
  const auto possible = can_make_files(above);
  return possible ? ok() : Result<void>(cannot_create(folder.string(), EACCES));
}

}  // namespace

Result<void> can_begin(const std::string& path, bool folder_is_made) {
  MBOXFERRY_TRY(refuse_links_of_others(path));
  const std::string file = canonical_path(path);
  const fs::path folder = fs::path(file).parent_path();
  std::error_code ignored;
  if (!fs::exists(folder.empty() ? fs::path(".") : folder, ignored)) {
    if (folder_is_made) return can_make_folder(folder);
    return cannot_create("the lock file " + file + ".lock", ENOENT);
  }
  if (folder_is_made) MBOXFERRY_TRY(check_state_folder(folder.string(), false));
  MBOXFERRY_TRY(check_state_file(file));
  MBOXFERRY_TRY(LockFile::check(file));
  const FileDescriptor journal(::open(file.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK));
  if (!journal.valid() && errno != ENOENT) {
    return Error{
        .code = ErrorCode::cannot_create,
        .what = fmt::format("the journal {} cannot be written: {}", file, errno_text(errno)),
        .hint = "check its permissions, or name another one with --journal or --state-dir"};
  }
  // SQLite makes two files beside it, also if it is there already.
  return can_make_files(folder);
}

}  // namespace mboxferry::journal
