// SPDX-License-Identifier: Apache-2.0
// The state folder and names in it.
#include "cli/state_place.h"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "mboxferry/base/file.h"
#include "mboxferry/base/file_access.h"
#include "mboxferry/message/digest.h"

namespace mboxferry::cli {
namespace {

namespace fs = std::filesystem;

/// Letters, digits and a few signs; everything else becomes one `_`.
std::string readable(std::string_view text, std::size_t longest) {
  std::string name;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '@' || (c == '.' && !name.empty());
    if (plain) {
      name += c;
    } else if (!name.ends_with('_')) {
      name += '_';
    }
    if (name.size() == longest) break;
  }
  return name;
}

std::string home_folder() {
  if (const char* home = std::getenv("HOME"); home != nullptr && home[0] == '/') return home;
  const passwd* entry = ::getpwuid(::getuid());
  return entry != nullptr && entry->pw_dir != nullptr ? entry->pw_dir : "";
}

}  // namespace

Result<std::string> default_state_folder() {
  // A relative path in this variable is to be ignored, says the specification.
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && state[0] == '/') {
    return std::string(state) + "/mboxferry";
  }
  const std::string home = home_folder();
  if (home.empty()) {
    return Error{ErrorCode::cannot_create, "there is no home folder to keep the journal in",
                 "use --journal or --state-dir"};
  }
  return home + "/.local/state/mboxferry";
}

Result<std::string> existing_state_folder(const std::string& what) {
  MBOXFERRY_ASSIGN(std::string folder, default_state_folder());
  std::error_code ignored;
  if (fs::is_directory(folder, ignored)) return folder;
  return Error{ErrorCode::usage, "there are no jobs: there is no folder " + folder,
               "name " + what + "; migrate tells its journal at its end"};
}

Result<void> make_state_folder(const std::string& folder) {
  const fs::path path(folder);
  fs::path so_far;
  for (const fs::path& part : path) {
    so_far /= part;
    std::error_code ignored;
    if (fs::is_directory(so_far, ignored)) continue;
    if (::mkdir(so_far.c_str(), 0700) != 0 && errno != EEXIST) {
      return Error{ErrorCode::cannot_create,
                   "cannot create " + so_far.string() + ": " + errno_text(errno),
                   "use --journal or --state-dir"};
    }
  }
  return check_state_folder(folder, false);
}

std::string journal_name(const std::string& account, const std::vector<std::string>& archives,
                         const std::optional<std::string>& mailbox) {
  std::vector<std::string> full_paths;
  for (const std::string& archive : archives) {
    std::error_code failed;
    const fs::path absolute = fs::weakly_canonical(archive, failed);
    full_paths.push_back(failed ? archive : absolute.string());
  }
  return journal_name_of(account, full_paths, archives.empty() ? "" : archives.front(), mailbox);
}

std::string journal_name_of(const std::string& account, const std::vector<std::string>& full_paths,
                            const std::string& first, const std::optional<std::string>& mailbox) {
  std::string identity = account + '\n';
  for (const std::string& path : full_paths) identity += path + '\n';
  if (mailbox) identity += "mailbox " + *mailbox;
  fs::path shown = fs::path(first).lexically_normal();
  if (!shown.has_filename()) shown = shown.parent_path();
  return fmt::format("{}-{}-{:016x}.journal", readable(account, 48),
                     readable(shown.filename().string(), 40),
                     static_cast<std::uint64_t>(message::short_hash(identity)));
}

}  // namespace mboxferry::cli
