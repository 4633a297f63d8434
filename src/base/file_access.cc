// SPDX-License-Identifier: Apache-2.0
// Who may read and change a file. OpenSSH's StrictModes is the model (docs/decisions/0052).
#include "mboxferry/base/file_access.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <filesystem>
#include <system_error>

#include "mboxferry/base/file.h"

namespace mboxferry {
namespace {

constexpr mode_t kForOthers = S_IRWXG | S_IRWXO;

// Many systems give each user a group of the same name, and files that this group may write.
bool is_private_group(gid_t group) {
  const uid_t self = ::geteuid();
  if (self == 0) return false;
  const passwd* user = ::getpwuid(self);
  if (user == nullptr || user->pw_gid != group) return false;
  const std::string name = user->pw_name;
  const struct group* found = ::getgrgid(group);
  return found != nullptr && name == found->gr_name && found->gr_mem[0] == nullptr;
}

bool is_shared_folder(const struct stat& status) {
  return S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0 && status.st_uid == 0;
}

Error not_trusted(const std::string& what, const std::string& why, const std::string& hint) {
  return {ErrorCode::configuration, what + ": " + why, hint};
}

std::string who_owns(const struct stat& status) {
  return "it belongs to another user (id " + std::to_string(status.st_uid) + ")";
}

bool is_foreign(const struct stat& status) {
  return status.st_uid != ::geteuid() && status.st_uid != 0;
}

Result<void> check_private_file(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return ok();
  if (!S_ISREG(status.st_mode))
    return not_trusted(path, "it is not a file", "name another one, or remove it");
  if (status.st_uid != ::geteuid())
    return not_trusted(path, who_owns(status), "run the command as that user");
  if ((status.st_mode & kForOthers) == 0) return ok();
  return not_trusted(path, "others can read or write it", "run: chmod 600 " + path);
}

/// Every folder in which a name of `path` is looked up, also those that hold a link or that one
/// leads through, and every such link. Stops where nothing is.
template <typename VisitFolder, typename VisitLink>
Result<void> each_step_on_the_way(const std::string& path, const VisitFolder& visit_folder,
                                  const VisitLink& visit_link) {
  namespace fs = std::filesystem;
  std::error_code failed;
  const fs::path full = fs::absolute(path, failed);
  if (failed) return ok();
  constexpr int kMostLinks = 40;  // as the kernel
  fs::path folder = full.root_path();
  std::deque<fs::path> left;
  const auto put_in_front = [&left](const fs::path& names) {
    const fs::path relative = names.relative_path();
    left.insert(left.begin(), relative.begin(), relative.end());
  };
  put_in_front(full);
  for (int links = 0; !left.empty();) {
    const fs::path name = left.front();
    left.pop_front();
    if (name.empty() || name == ".") continue;
    if (name == "..") {
      folder = folder.parent_path();
      continue;
    }
    MBOXFERRY_TRY(visit_folder(folder.string()));
    const fs::path target = fs::read_symlink(folder / name, failed);
    if (failed) {
      folder /= name;
      continue;
    }
    if (++links > kMostLinks) return ok();
    MBOXFERRY_TRY(visit_link((folder / name).string()));
    put_in_front(target);
    if (target.is_absolute()) folder = target.root_path();
  }
  return ok();
}

}  // namespace

bool others_can_read(mode_t mode, uid_t owner) {
  const mode_t others = owner == ::geteuid() ? S_IRGRP | S_IROTH : S_IROTH;
  return S_ISREG(mode) && (mode & others) != 0;
}

bool others_can_write(const struct stat& status) {
  if (is_foreign(status) || (status.st_mode & S_IWOTH) != 0) return true;
  return (status.st_mode & S_IWGRP) != 0 && !is_private_group(status.st_gid);
}

Result<void> refuse_writable_by_others(const struct stat& status, const std::string& what,
                                       const std::string& path) {
  if (!S_ISREG(status.st_mode) || !others_can_write(status)) return ok();
  if (is_foreign(status))
    return not_trusted("the " + what + " " + path, who_owns(status),
                       "use a copy of your own, once you have read it");
  return not_trusted("the " + what + " " + path, "others can write it",
                     "check what is in it, then run: chmod go-w " + path);
}

Result<void> refuse_writable_by_others(const std::string& what, const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? refuse_writable_by_others(status, what, path) : ok();
}

Result<void> refuse_replaceable_by_others(const std::string& what, const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return ok();
  MBOXFERRY_TRY(refuse_writable_by_others(status, what, path));
  if (!S_ISREG(status.st_mode)) return ok();
  const std::string file = "the " + what + " " + path;
  const auto check_folder = [&](const std::string& folder) -> Result<void> {
    if (::stat(folder.c_str(), &status) != 0)
      return not_trusted(file, "cannot look at " + folder + ": " + errno_text(errno),
                         "move it to a folder of your own");
    if (others_can_write(status) && !is_shared_folder(status))
      return not_trusted(file, "others can replace it, as they can write the folder " + folder,
                         "move it to a folder of your own, or run: chmod go-w " + folder);
    return ok();
  };
  // Who made a link in a shared folder can lead it elsewhere at any time.
  const auto check_link = [&](const std::string& link) -> Result<void> {
    if (::lstat(link.c_str(), &status) != 0 || !is_foreign(status)) return ok();
    return not_trusted(file, "the link " + link + " belongs to another user",
                       "name the file without that link");
  };
  return each_step_on_the_way(path, check_folder, check_link);
}

Result<void> refuse_links_of_others(const std::string& path) {
  std::error_code failed;
  const auto full = std::filesystem::absolute(path, failed).lexically_normal();
  const auto check_link = [&](const std::string& link) -> Result<void> {
    struct stat status {};
    // Of the file itself, whoever writes it decides: most replace a link.
    if (link == full || ::lstat(link.c_str(), &status) != 0 || !is_foreign(status)) return ok();
    return not_trusted("nothing is written to " + path,
                       "the link " + link + " belongs to another user",
                       "name the place without that link");
  };
  return each_step_on_the_way(
      path, [](const std::string&) { return ok(); }, check_link);
}

Result<void> check_state_folder(const std::string& folder, bool shared_is_fine) {
  const std::string name = folder.empty() ? "." : folder;
  MBOXFERRY_TRY(refuse_links_of_others(name + "/."));
  struct stat status {};
  // A folder that is not there, or is none, is the business of who opens files in it.
  if (::stat(name.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return ok();
  if (!others_can_write(status) || (shared_is_fine && is_shared_folder(status))) return ok();
  const std::string what = "the folder " + name + " is not safe for journals";
  if (is_foreign(status)) return not_trusted(what, who_owns(status), "name a folder of your own");
  return not_trusted(what, "others can write it",
                     "name a folder of your own, or run: chmod go-w " + name);
}

Result<void> check_state_file(const std::string& path) {
  MBOXFERRY_TRY(check_state_folder(std::filesystem::path(path).parent_path().string(), true));
  // SQLite would play a rollback journal of others, whose name ends with "-journal", into ours.
  for (const char* suffix : {"", "-wal", "-shm", "-journal"})
    MBOXFERRY_TRY(check_private_file(path + suffix));
  return ok();
}

Result<void> create_private_file(const std::string& what, const std::string& path,
                                 const std::string& option) {
  // O_EXCL follows no link, also not one that leads nowhere.
  const FileDescriptor file(
      ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  const std::string kind = what + " " + path + ": ";
  if (!file.valid()) {
    if (errno == EEXIST) return ok();
    return Error{.code = errno == ENOSPC ? ErrorCode::io : ErrorCode::cannot_create,
                 .what = "cannot create the " + kind + errno_text(errno),
                 .hint = errno == ENOSPC
                             ? "free space, then run the same command again"
                             : "name a file in a directory that can be written, with " + option};
  }
  if (::fsync(file.get()) != 0 || !sync_directory_of(path)) {
    return Error{.code = ErrorCode::io,
                 .what = "cannot sync the " + kind + errno_text(errno),
                 .hint = "free space, then run the same command again"};
  }
  return ok();
}

}  // namespace mboxferry
