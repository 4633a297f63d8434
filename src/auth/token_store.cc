// SPDX-License-Identifier: Apache-2.0
// Files of profiles: NAME.json, and NAME.lock beside it.
#include "mboxferry/auth/token_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>

#include "auth/profile_text.h"
#include "mboxferry/base/file_access.h"

namespace mboxferry::auth {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".json";
constexpr std::size_t kLargestProfile = std::size_t{256} << 10U;
constexpr std::chrono::minutes kLongestWait{2};
constexpr std::chrono::milliseconds kBetweenTries{20};

Error not_usable(const std::string& name, const std::string& why) {
  return {ErrorCode::configuration, fmt::format("the profile {} cannot be used: {}", name, why),
          fmt::format("run: mboxferry auth remove {0}, and then mboxferry auth login {0} with the "
                      "options of the first time",
                      name)};
}

Error no_profile(const std::string& name) {
  return {ErrorCode::configuration, "there is no profile " + name,
          "mboxferry auth login makes one, and mboxferry auth list shows those that are there"};
}

Result<Secret> read_whole(const FileDescriptor& file, const std::string& name) {
  // No reallocation leaves a copy behind.
  std::string text(kLargestProfile + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return not_usable(name, errno_text(errno));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > kLargestProfile) return not_usable(name, "it is too large");
  text.resize(size);
  return Secret(std::move(text));
}

bool is_still_there(const FileDescriptor& file, const std::string& path) {
  struct stat held {};
  struct stat now {};
  return ::fstat(file.get(), &held) == 0 && ::stat(path.c_str(), &now) == 0 &&
         held.st_ino == now.st_ino && held.st_dev == now.st_dev;
}

/// Nothing while somebody else has it.
Result<std::optional<FileDescriptor>> try_lock(const std::string& path) {
  MBOXFERRY_TRY(create_private_file("lock file", path, "XDG_STATE_HOME"));
  FileDescriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.valid() && errno == ENOENT) return std::optional<FileDescriptor>();
  struct stat status {};
  if (!file.valid() || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
      status.st_uid != ::geteuid()) {
    return Error{ErrorCode::configuration, "the lock file " + path + " is no file of this user",
                 "look at it, and remove it"};
  }
  // As journals have: it is not lost with another descriptor, and it works over NFS.
  struct flock request {};
  request.l_type = F_WRLCK;
  request.l_whence = SEEK_SET;
  if (::fcntl(file.get(), F_OFD_SETLK, &request) != 0) {
    if (errno == EAGAIN || errno == EACCES || errno == EINTR)
      return std::optional<FileDescriptor>();
    return Error{ErrorCode::cannot_create,
                 fmt::format("cannot lock {}: {}", path, errno_text(errno)),
                 "use a local disk: XDG_STATE_HOME names the folder"};
  }
  if (!is_still_there(file, path)) return std::optional<FileDescriptor>();
  return std::optional(std::move(file));
}

}  // namespace

std::string TokenStore::path_of(const std::string& name) const {
  return folder_ + "/" + name + std::string(kEnding);
}

Result<TokenStore::Lock> TokenStore::lock(const std::string& name, Clock& clock,
                                          const Cancellation& interrupt) const {
  MBOXFERRY_TRY(check_profile_name(name));
  const auto until = clock.now() + kLongestWait;
  for (;;) {
    MBOXFERRY_ASSIGN(auto file, try_lock(folder_ + "/" + name + ".lock"));
    if (file) return Lock(std::move(*file));
    if (interrupt.requested())
      return interrupted("interrupted while another process works with the profile " + name);
    if (clock.now() >= until) {
      return Error{ErrorCode::try_later,
                   "another process has been working with the profile " + name + " for two minutes",
                   "run the same command again once it has ended"};
    }
    clock.sleep(kBetweenTries);
  }
}

Result<Profile> TokenStore::load(const std::string& name) const {
  MBOXFERRY_TRY(check_profile_name(name));
  const std::string path = path_of(name);
  MBOXFERRY_TRY(check_state_file(path));
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.valid() && errno == ENOENT) return no_profile(name);
  if (!file.valid()) return not_usable(name, errno_text(errno));
  MBOXFERRY_ASSIGN(const Secret text, read_whole(file, name));
  auto profile = profile_from_text(text.reveal());
  if (!profile) return not_usable(name, path + " is damaged, or of another version");
  profile->name = name;
  return *std::move(profile);
}

Result<OutputFile> TokenStore::prepare(const std::string& name) const {
  MBOXFERRY_TRY(check_profile_name(name));
  MBOXFERRY_TRY(check_state_file(path_of(name)));
  return OutputFile::create(path_of(name));
}

Result<void> TokenStore::save(const Profile& profile, OutputFile place) {
  const Secret text = profile_text(profile);
  MBOXFERRY_TRY(place.write(text.reveal()));
  return place.commit();
}

Result<void> TokenStore::remove(const std::string& name) const {
  MBOXFERRY_TRY(check_profile_name(name));
  std::vector<std::string> found;
  std::error_code failed;
  for (fs::directory_iterator entry(folder_, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    const std::string file = entry->path().filename().string();
    // A profile may be called NAME.json.x, and its file ends as all do.
    const bool is_left_over = file.starts_with(name + std::string(kEnding) + ".") &&
                              !file.ends_with(kEnding) && !file.ends_with(".lock");
    if (file == name + std::string(kEnding) || is_left_over)
      found.push_back(entry->path().string());
  }
  if (found.empty()) return no_profile(name);
  found.push_back(folder_ + "/" + name + ".lock");
  for (const std::string& path : found) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT)
      return Error{ErrorCode::io, fmt::format("cannot remove {}: {}", path, errno_text(errno)), ""};
  }
  if (!sync_directory_of(found.front()))
    return Error{ErrorCode::io, fmt::format("cannot sync {}: {}", folder_, errno_text(errno)), ""};
  return ok();
}

Result<std::vector<std::string>> TokenStore::names() const {
  std::vector<std::string> names;
  std::error_code failed;
  for (fs::directory_iterator entry(folder_, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    std::string name = entry->path().filename().string();
    if (!name.ends_with(kEnding)) continue;
    name.resize(name.size() - kEnding.size());
    if (check_profile_name(name)) names.push_back(std::move(name));
  }
  if (failed && failed != std::errc::no_such_file_or_directory)
    return Error{ErrorCode::io, fmt::format("cannot read {}: {}", folder_, failed.message()), ""};
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace mboxferry::auth
