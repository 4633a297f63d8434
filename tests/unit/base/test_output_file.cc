// SPDX-License-Identifier: Apache-2.0
// Files are written where others may have prepared something.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "mboxferry/base/output_file.h"
#include "support/temporary_folder.h"

namespace mboxferry {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kNobody = 65534;

std::ptrdiff_t entries_of(const test::TemporaryFolder& directory) {
  return std::distance(fs::directory_iterator(directory.path()), fs::directory_iterator());
}

/// Acts as another user while it lives; needs root.
class ActingAs {
 public:
  explicit ActingAs(uid_t user) { REQUIRE(::seteuid(user) == 0); }
  ActingAs(const ActingAs&) = delete;
  ActingAs& operator=(const ActingAs&) = delete;
  ~ActingAs() { static_cast<void>(::seteuid(0)); }
};

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void put(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

struct stat status_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status;
}

bool is_root() {
  if (::geteuid() == 0) return true;
  WARN("skipped: only root can act as two users");
  return false;
}

TEST_CASE("a new file is its owner's, and whole or not there") {
  const test::TemporaryFolder directory;
  const std::string path = directory.file("report");
  {
    auto given_up = OutputFile::create(path);
    REQUIRE(given_up);
    CHECK(given_up->write("half"));
    CHECK_FALSE(fs::exists(path));
  }
  CHECK(entries_of(directory) == 0);
  auto file = OutputFile::create(path);
  REQUIRE(file);
  CHECK(file->write("all"));
  CHECK(file->commit());
  CHECK(content_of(path) == "all");
  CHECK((status_of(path).st_mode & 07777u) == 0600u);
  CHECK(entries_of(directory) == 1);
}

TEST_CASE("a file that is there keeps its permissions and, for root, its owner") {
  const test::TemporaryFolder directory;
  const std::string path = directory.file("metrics");
  put(path, "old");
  REQUIRE(::chmod(path.c_str(), 0640) == 0);
  if (::geteuid() == 0) REQUIRE(::chown(path.c_str(), kNobody, kNobody) == 0);
  const struct stat before = status_of(path);
  CHECK(replace_file(path, "new", 0600));
  const struct stat after = status_of(path);
  CHECK(content_of(path) == "new");
  CHECK(after.st_mode == before.st_mode);
  CHECK(after.st_uid == before.st_uid);
  CHECK(after.st_gid == before.st_gid);
}

TEST_CASE("a prepared link is never written through") {
  const test::TemporaryFolder directory;
  const std::string victim = directory.file("victim");
  put(victim, "precious");
  const std::string path = directory.file("out");
  SECTION("at the path itself") {
    fs::create_symlink(victim, path);
    CHECK(replace_file(path, "new"));
    CHECK(S_ISREG(status_of(path).st_mode));
    CHECK(content_of(path) == "new");
  }
  SECTION("at a name that can be guessed") {
    fs::create_symlink(victim, path + ".new");
    CHECK(replace_file(path, "new"));
    CHECK(content_of(path) == "new");
  }
  SECTION("at a log") {
    fs::create_symlink(victim, path);
    CHECK(open_log(path).error().code == ErrorCode::cannot_create);
  }
  SECTION("at a log, by a second name of the file") {
    fs::create_hard_link(victim, path);
    CHECK(open_log(path).error().code == ErrorCode::cannot_create);
  }
  CHECK(content_of(victim) == "precious");
}

TEST_CASE("what is no file stays what it is") {
  const test::TemporaryFolder directory;
  const std::string path = directory.file("special");
  SECTION("a directory") { fs::create_directory(path); }
  SECTION("a pipe") { REQUIRE(::mkfifo(path.c_str(), 0666) == 0); }
  const mode_t before = status_of(path).st_mode;
  CHECK(replace_file(path, "new").error().code == ErrorCode::cannot_create);
  CHECK(open_log(path).error().code == ErrorCode::cannot_create);
  CHECK(status_of(path).st_mode == before);
  CHECK(entries_of(directory) == 1);
}

TEST_CASE("a link to what is no file stays what it is") {
  const test::TemporaryFolder directory;
  const std::string special = directory.file("special");
  const std::string path = directory.file("link");
  SECTION("to a directory") { fs::create_directory(special); }
  SECTION("to a pipe") { REQUIRE(::mkfifo(special.c_str(), 0666) == 0); }
  fs::create_symlink(special, path);
  CHECK(replace_file(path, "new").error().code == ErrorCode::cannot_create);
  CHECK(fs::read_symlink(path) == special);
  CHECK(entries_of(directory) == 2);
}

TEST_CASE("a link of the system's is not replaced, also where it leads to a file") {
  const test::TemporaryFolder directory;
  const std::string victim = directory.file("victim");
  put(victim, "precious");
  const FileDescriptor file(::open(victim.c_str(), O_RDONLY | O_CLOEXEC));
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  const auto written = replace_file(path, "new");
  REQUIRE(!written);
  CHECK(written.error().what ==
        "cannot create " + path + ": a device, pipe or socket has this name");
  CHECK(content_of(victim) == "precious");
}

TEST_CASE("a file of another user is neither replaced nor appended to") {
  if (!is_root()) return;
  const test::TemporaryFolder directory;
  REQUIRE(::chmod(directory.path().c_str(), 0777) == 0);
  const std::string path = directory.file("out");
  put(path, "root's");
  REQUIRE(::chmod(path.c_str(), 0666) == 0);
  {
    const ActingAs nobody(kNobody);
    CHECK(replace_file(path, "new").error().code == ErrorCode::cannot_create);
    CHECK(open_log(path).error().code == ErrorCode::cannot_create);
    CHECK(replace_file(directory.file("own"), "new"));
  }
  CHECK(content_of(path) == "root's");
  CHECK(entries_of(directory) == 2);
  // The other way round, the log of a user is not for root to write to.
  CHECK(open_log(directory.file("own")).error().code == ErrorCode::cannot_create);
}

TEST_CASE("a log is appended to") {
  const test::TemporaryFolder directory;
  const std::string path = directory.file("log");
  for (const char* text : {"2026-11-30T11:07:21.123+00:00 one\n", "two"}) {
    const auto log = open_log(path);
    REQUIRE(log);
    CHECK(write_all(log->get(), text, path));
  }
  CHECK(content_of(path) == "2026-11-30T11:07:21.123+00:00 one\ntwo");
  CHECK((status_of(path).st_mode & 07777u) == 0600u);
}

TEST_CASE("what is no log is not appended to") {
  const test::TemporaryFolder directory;
  const std::string path = directory.file("password");
  for (const char* text : {"secret", "2026-11-30", "2026-11-30 11:07:21 another program's\n",
                           "-----BEGIN CERTIFICATE-----\n", "From a@example.com Mon\n"}) {
    put(path, text);
    CHECK(open_log(path).error().code == ErrorCode::cannot_create);
    CHECK(content_of(path) == text);
  }
}

}  // namespace
}  // namespace mboxferry
