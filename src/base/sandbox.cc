// SPDX-License-Identifier: Apache-2.0
// Landlock by its system calls: Debian 12's C library has no functions for them.
#include "mboxferry/base/sandbox.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "mboxferry/base/file.h"
#include "mboxferry/base/output_file.h"

namespace mboxferry {
namespace {

// Not in every kernel's headers.
constexpr std::uint64_t kRefer = 1ULL << 13;
constexpr std::uint64_t kTruncate = 1ULL << 14;
constexpr std::uint64_t kBindAndConnect = 3;
constexpr std::uint64_t kAllOfVersion1 = (1ULL << 13) - 1;

constexpr std::uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kWrite = LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate;
constexpr std::uint64_t kReplace =
    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE | kRefer;
constexpr std::uint64_t kOfFiles =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | kWrite;

/// The kernel's structure as of version 4; it takes the shorter one of earlier headers, too.
struct RulesetAttributes {
  std::uint64_t files;
  std::uint64_t network;
};

// Whole folders where a file is replaced while we run: the kernel knows files, not names.
constexpr std::array<const char*, 20> kSystemFolders{"/etc",
                                                     "/usr",
                                                     "/lib",
                                                     "/lib32",
                                                     "/lib64",
                                                     "/libx32",
                                                     "/bin",
                                                     "/sbin",
                                                     "/opt",
                                                     "/nix",
                                                     "/gnu",
                                                     "/proc",
                                                     "/sys",
                                                     "/dev",
                                                     "/run/systemd",
                                                     "/run/nscd",
                                                     "/run/resolvconf",
                                                     "/run/NetworkManager",
                                                     "/var/lib/sss",
                                                     "/var/db"};

// Variables that name files, or folders separated by colons, for libraries.
constexpr std::array<const char*, 10> kPathVariables{
    "SSL_CERT_FILE", "SSL_CERT_DIR", "OPENSSL_CONF", "OPENSSL_MODULES", "LD_LIBRARY_PATH",
    "LD_PRELOAD",    "GCONV_PATH",   "TZDIR",        "LOCPATH",         "HOSTALIASES"};

bool is_folder(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

std::string folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

class Ruleset {
 public:
  Ruleset(int version, bool network) {
    handled_ = kAllOfVersion1 | (version >= 2 ? kRefer : 0) | (version >= 3 ? kTruncate : 0);
    const RulesetAttributes attributes{handled_, network ? 0 : kBindAndConnect};
    const std::size_t size = version >= 4 ? sizeof attributes : sizeof attributes.files;
    file_ = FileDescriptor(
        static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, size, 0U)));
  }

  void allow(const std::string& path, std::uint64_t rights) const {
    const FileDescriptor place(::open(path.c_str(), O_PATH | O_CLOEXEC));
    struct stat status {};
    if (!place.valid() || ::fstat(place.get(), &status) != 0) return;
    if (!S_ISDIR(status.st_mode)) rights &= kOfFiles;
    const landlock_path_beneath_attr rule{rights & handled_, place.get()};
    ::syscall(SYS_landlock_add_rule, file_.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0U);
  }

  [[nodiscard]] bool enforce() const {
    return file_.valid() && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::syscall(SYS_landlock_restrict_self, file_.get(), 0U) == 0;
  }

 private:
  std::uint64_t handled_ = 0;
  FileDescriptor file_;
};

void add_paths_of(const char* variable, SandboxRights& rights) {
  const char* value = std::getenv(variable);
  std::string_view left = value == nullptr ? "" : value;
  while (!left.empty()) {
    const std::size_t end = left.find_first_of(": ");
    const std::string path(left.substr(0, end));
    if (path.find('/') != std::string::npos) add_input(rights, path);
    left.remove_prefix(end == std::string_view::npos ? left.size() : end + 1);
  }
}

// As temporary_directory() and SQLite choose them.
void add_temporary_folders(SandboxRights& rights) {
  if (const char* sqlite = std::getenv("SQLITE_TMPDIR"); sqlite != nullptr && *sqlite != '\0')
    rights.workplaces.emplace_back(sqlite);
  const char* own = std::getenv("TMPDIR");
  if (own != nullptr && *own != '\0') rights.workplaces.emplace_back(own);
  if (own != nullptr && is_folder(own)) return;
  rights.workplaces.emplace_back("/var/tmp");
  rights.workplaces.emplace_back("/tmp");
}

}  // namespace

int landlock_version() {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, std::size_t{0},
                                 LANDLOCK_CREATE_RULESET_VERSION);
  return version > 0 ? static_cast<int>(version) : 0;
}

bool enter_sandbox(const SandboxRights& rights) {
  const int version = landlock_version();
  if (version == 0) return false;
  const Ruleset ruleset(version, rights.uses_network);
  for (const std::string& path : rights.readable) ruleset.allow(path, kRead);
  for (const std::string& path : rights.writable) ruleset.allow(path, kRead | kWrite);
  for (const std::string& path : rights.workplaces) ruleset.allow(path, kRead | kWrite | kReplace);
  if (rights.reads_everything) ruleset.allow("/", kRead);
  return ruleset.enforce();
}

void add_system_rights(SandboxRights& rights) {
  rights.readable.insert(rights.readable.end(), kSystemFolders.begin(), kSystemFolders.end());
  add_input(rights, "/etc/resolv.conf");
  for (const char* variable : kPathVariables) add_paths_of(variable, rights);
  for (const char* device : {"/dev/tty", "/dev/null"}) rights.writable.emplace_back(device);
  add_temporary_folders(rights);
}

void add_input(SandboxRights& rights, const std::string& path) {
  if (is_folder(path)) {
    rights.readable.push_back(path);
    return;
  }
  // A link may be made to lead elsewhere, as a mounted secret of Kubernetes does.
  rights.readable.push_back(folder_of(path));
  rights.readable.push_back(folder_of(canonical_path(path)));
}

void add_output(SandboxRights& rights, const std::string& path) {
  struct stat status {};
  const bool is_there = ::stat(path.c_str(), &status) == 0;
  if (is_there && !S_ISREG(status.st_mode)) {
    rights.writable.push_back(path);
    return;
  }
  // A file that is to be replaced is beside its name.
  if (is_among_devices(path)) {
    rights.writable.push_back(path);
  } else {
    rights.workplaces.push_back(folder_of(path));
  }
}

}  // namespace mboxferry
