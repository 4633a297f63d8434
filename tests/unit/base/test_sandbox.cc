// SPDX-License-Identifier: Apache-2.0
// A child confines itself and tries what it must not be able to do.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include "mboxferry/base/sandbox.h"
#include "support/temporary_folder.h"

namespace mboxferry {
namespace {

bool has_landlock() {
  if (landlock_version() > 0) return true;
  WARN("skipped: this kernel has no Landlock");
  return false;
}

/// What `attempt` returns in a child that has confined itself.
int confined(const SandboxRights& rights, const std::function<int()>& attempt) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) ::_exit(enter_sandbox(rights) ? attempt() : 255);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

int errno_of(int result) {
  const int error = result < 0 ? errno : 0;
  if (result > 2) ::close(result);
  return error;
}

int errno_of_opening(const std::string& path, int flags) {
  return errno_of(::open(path.c_str(), flags | O_CLOEXEC, 0600));
}

struct Places {
  test::TemporaryFolder work, input, elsewhere;
  SandboxRights rights;

  Places() {
    for (const auto* folder : {&work, &input, &elsewhere})
      std::ofstream(folder->file("file")) << "content";
    rights.workplaces = {work.path()};
    rights.readable = {input.path()};
  }
};

TEST_CASE("a confined process makes, replaces and removes files in its workplaces alone") {
  if (!has_landlock()) return;
  const Places at;
  CHECK(confined(at.rights, [&] { return errno_of_opening(at.work.file("file"), O_RDWR); }) == 0);
  CHECK(confined(at.rights, [&] {
          const int made = errno_of_opening(at.work.file("new"), O_WRONLY | O_CREAT | O_EXCL);
          if (made != 0) return made;
          return errno_of(std::rename(at.work.file("new").c_str(), at.work.file("file").c_str()));
        }) == 0);
  CHECK(confined(at.rights, [&] { return errno_of(::unlink(at.work.file("file").c_str())); }) == 0);
  for (const std::string& folder : {at.input.path(), at.elsewhere.path()}) {
    CHECK(confined(at.rights, [&] { return errno_of_opening(folder + "/file", O_WRONLY); }) ==
          EACCES);
    CHECK(confined(at.rights, [&] {
            return errno_of_opening(folder + "/new", O_WRONLY | O_CREAT);
          }) == EACCES);
    CHECK(confined(at.rights, [&] { return errno_of(::unlink((folder + "/file").c_str())); }) ==
          EACCES);
    CHECK(::access((folder + "/new").c_str(), F_OK) != 0);
  }
}

TEST_CASE("a confined process reads what it was given alone") {
  if (!has_landlock()) return;
  Places at;
  const auto read = [&](const test::TemporaryFolder& folder) {
    return confined(at.rights, [&] { return errno_of_opening(folder.file("file"), O_RDONLY); });
  };
  CHECK(read(at.input) == 0);
  CHECK(read(at.work) == 0);
  CHECK(read(at.elsewhere) == EACCES);
  at.rights.reads_everything = true;
  CHECK(read(at.elsewhere) == 0);
}

TEST_CASE("a confined process makes no folders and links, and runs nothing") {
  if (!has_landlock()) return;
  const Places at;
  CHECK(confined(at.rights, [&] {
          return errno_of(::mkdir(at.work.file("folder").c_str(), 0700));
        }) == EACCES);
  CHECK(confined(at.rights,
                 [&] { return errno_of(::symlink("/", at.work.file("link").c_str())); }) == EACCES);
  SandboxRights reads = at.rights;
  reads.reads_everything = true;
  CHECK(confined(reads, [] { return errno_of(::execl("/bin/sh", "sh", "-c", ":", nullptr)); }) ==
        EACCES);
}

TEST_CASE("the threads of a confined process are confined") {
  if (!has_landlock()) return;
  const Places at;
  CHECK(
      confined(at.rights, [&] {
        int error = 0;
        std::thread([&] { error = errno_of_opening(at.elsewhere.file("file"), O_WRONLY); }).join();
        return error;
      }) == EACCES);
}

TEST_CASE("a process without network connects to nothing") {
  if (landlock_version() < 4) {
    WARN("skipped: this kernel's Landlock does not know the network");
    return;
  }
  Places at;
  const auto connect = [&] {
    return confined(at.rights, [] {
      const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(1);
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      return errno_of(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address));
    });
  };
  CHECK(connect() == ECONNREFUSED);
  at.rights.uses_network = false;
  CHECK(connect() == EACCES);
}

TEST_CASE("temporary files work in a sandbox, and name look-up has its files") {
  if (!has_landlock()) return;
  SandboxRights rights;
  add_system_rights(rights);
  CHECK(confined(rights, [] {
          const char* own = std::getenv("TMPDIR");
          const std::string folder = own == nullptr || *own == '\0' ? "/tmp" : own;
          return errno_of(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
        }) == 0);
  for (const char* file : {"/etc/hosts", "/etc/nsswitch.conf", "/etc/resolv.conf", "/etc/passwd"}) {
    if (::access(file, R_OK) != 0) continue;
    CHECK(confined(rights, [&] { return errno_of_opening(file, O_RDONLY); }) == 0);
    CHECK(confined(rights, [&] { return errno_of_opening(file, O_WRONLY); }) == EACCES);
  }
}

TEST_CASE("an input gives its folder to read, and an output its folder to write") {
  const test::TemporaryFolder folder;
  std::ofstream(folder.file("mail.mbox")) << "From ";
  SandboxRights rights;
  add_input(rights, folder.file("mail.mbox"));
  CHECK(rights.readable.front() == folder.path());
  add_input(rights, folder.path());
  CHECK(rights.readable.back() == folder.path());
  add_output(rights, folder.file("report.json"));
  CHECK(rights.workplaces == std::vector<std::string>{folder.path()});
  add_output(rights, "/dev/null");
  CHECK(rights.workplaces.size() == 1);
  CHECK(rights.writable == std::vector<std::string>{"/dev/null"});
  add_output(rights, "report.json");
  CHECK(rights.workplaces.back() == ".");
  // What a shell leads to a file, and a folder of the system that has files as any other.
  add_output(rights, "/dev/stdout");
  CHECK(rights.writable.back() == "/dev/stdout");
  add_output(rights, "/dev/shm/mboxferry/report.json");
  CHECK(rights.workplaces.back() == "/dev/shm/mboxferry");
}

}  // namespace
}  // namespace mboxferry
