// SPDX-License-Identifier: Apache-2.0
// Files and folders that a row of a batch names.
#include "cli/row_files.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>

#include "mboxferry/archive/archive.h"
#include "mboxferry/base/file.h"
#include "mboxferry/base/file_access.h"
#include "mboxferry/message/digest.h"

namespace mboxferry::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostEntries = 100'000;

std::string unlike_all_others() {
  return fmt::format(" {}", std::chrono::system_clock::now().time_since_epoch().count());
}

}  // namespace

Stamp stamp_of(const std::string& path) {
  std::error_code error;
  Stamp stamp;
  std::int64_t newest = 0;
  std::int64_t last_change = 0;  // what has its former time again shows here
  const auto add = [&](const fs::path& file) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) return;
    if (S_ISREG(status.st_mode)) stamp.size += static_cast<std::uint64_t>(status.st_size);
    newest = std::max<std::int64_t>(newest,
                                    status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec);
    last_change = std::max<std::int64_t>(
        last_change, status.st_ctim.tv_sec * 1'000'000'000 + status.st_ctim.tv_nsec);
  };
  add(path);
  std::uint64_t entries = 0;
  if (fs::is_directory(path, error)) {
    const auto skip = fs::directory_options::skip_permission_denied;
    for (fs::recursive_directory_iterator file(path, skip, error), end;
         !error && file != end && entries < kMostEntries; file.increment(error), ++entries) {
      add(file->path());
    }
  }
  const bool too_many = entries == kMostEntries;
  stamp.text = fmt::format("{} {} {}", stamp.size, newest, last_change);
  if (too_many) stamp.text += unlike_all_others();
  return stamp;
}

Stamp stamp_of_archive(const std::string& path) {
  Stamp sum;
  for (const std::string& file : archive::files_of(path)) {
    const Stamp stamp = stamp_of(file);
    sum.size += stamp.size;
    sum.text += (sum.text.empty() ? "" : "; ") + stamp.text;
  }
  return sum;
}

std::string stamp_of_work(transfer::JobSettings settings) {
  // Leaving out what is there gives a complete account nothing to do.
  settings.skip_existing = false;
  std::string text =
      fmt::format("{}follow-links={}\nunpack-memory={}\naccept-unread={}\n",
                  transfer::identity_of(settings).settings, settings.open.follow_links,
                  settings.open.unpack_memory, settings.accept_unread);
  if (settings.strict) text += unlike_all_others();
  return fmt::format("{:016x}", static_cast<std::uint64_t>(message::short_hash(text)));
}

std::string secret_file_problem(const std::string& kind, const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || ::access(path.c_str(), R_OK) != 0) {
    return "cannot read the " + kind + " " + path + ": " + errno_text(errno);
  }
  if (const auto alone = refuse_writable_by_others(status, kind, path); !alone)
    return describe(alone.error());
  if (!others_can_read(status.st_mode, status.st_uid)) return "";
  return "others can read the " + kind + " " + path + "; run: chmod 600 " + path;
}

}  // namespace mboxferry::cli
