// SPDX-License-Identifier: Apache-2.0
// Password sources.
#include "cli/credentials.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <regex>

#include "cli/trace_log.h"
#include "cli_test_support.h"

using namespace mboxferry;
using namespace mboxferry::cli;

namespace {

const std::string kHard = "pa$$w0rd$HOME \"\xc2\xa7' \\ end ";

Result<imap::Secret> get(const CredentialSource& source) {
  const Cancellation never;
  return get_password(source, "alice@host:993", never);
}

std::string from_file(const std::string& content) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/secret";
  std::ofstream(path) << content;
  ::chmod(path.c_str(), 0600);
  const auto secret = get({path, "", ""});
  return secret ? std::string(secret->reveal()) : "ERROR";
}

}  // namespace

TEST_CASE("a password file loses one line end, and nothing else") {
  CHECK(from_file(kHard) == kHard);
  CHECK(from_file(kHard + "\n") == kHard);
  CHECK(from_file(kHard + "\r\n") == kHard);
  CHECK(from_file("a\n\n") == "a\n");
  CHECK(from_file("a\r") == "a\r");
  CHECK(from_file(" a \n") == " a ");
  CHECK(from_file("a\nb\n") == "a\nb");
}

TEST_CASE("a password that cannot be one is refused without showing it") {
  CHECK(from_file("") == "ERROR");
  CHECK(from_file("\n") == "ERROR");
  CHECK(from_file(std::string("hunter2\0x", 9)) == "ERROR");
  CHECK(from_file(std::string(20'000, 'x')) == "ERROR");
  CHECK(get({"/nowhere/secret", "", ""}).error().code == ErrorCode::configuration);
}

TEST_CASE("a password from the environment is taken as it is") {
  const EnvironmentVariable variable("MF_TEST_SECRET", kHard + "\n");
  CHECK(get({"", "MF_TEST_SECRET", ""})->reveal() == kHard + "\n");
  CHECK_FALSE(get({"", "MF_TEST_ABSENT", ""}));
}

TEST_CASE("a password command runs in the shell, and its failure is told") {
  const EnvironmentVariable variable("MF_TEST_SECRET", kHard);
  CHECK(get({"", "", "printf '%s\\n' \"$MF_TEST_SECRET\""})->reveal() == kHard);
  const auto failed = get({"", "", "echo hunter2; exit 3"});
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == ErrorCode::configuration);
  CHECK(failed.error().what.find("status 3") != std::string::npos);
  CHECK(describe(failed.error()).find("hunter2") == std::string::npos);
  CHECK_FALSE(get({"", "", "true"}));
  CHECK_FALSE(get({"", "", "yes"}));  // without end: stopped at the limit
}

TEST_CASE("a trace is for the user only, and its lines cannot drive a terminal") {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/trace.log";
  const std::string before = "2026-11-30T11:07:21.000+00:00 before";
  std::ofstream(path) << before << "\n";
  ::chmod(path.c_str(), 0644);
  const auto trace = open_trace(path);
  REQUIRE(trace);
  (*trace)("* OK \x1b[2J");
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777u) == 0600u);
  std::ifstream file(path);
  std::string first, second;
  REQUIRE(std::getline(file, first));
  REQUIRE(std::getline(file, second));
  CHECK(first == before);
  static const std::regex kLine(
      R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d \* OK \\x1b\[2J)");
  CHECK(std::regex_match(second, kLine));
  CHECK(open_trace(folder.path() + "/absent/trace").error().code == ErrorCode::cannot_create);
}
