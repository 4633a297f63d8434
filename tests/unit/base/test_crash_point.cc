// SPDX-License-Identifier: Apache-2.0
// Crash points: nothing happens unless asked for, and only at the named passage.
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <set>
#include <string_view>

#include "mboxferry/base/crash_point.h"

namespace mboxferry {
namespace {

// Passes two points, three times, in a child; returns its wait status.
int status_of_child(const char* crash_at) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (crash_at == nullptr) {
      ::unsetenv("MBOXFERRY_CRASH_AT");
    } else {
      ::setenv("MBOXFERRY_CRASH_AT", crash_at, 1);
    }
    for (int passage = 0; passage < 3; ++passage) {
      crash_point("batch-intended");
      crash_point("batch-sent");
    }
    ::_exit(7);
  }
  int status = 0;
  REQUIRE(child > 0);
  REQUIRE(::waitpid(child, &status, 0) == child);
  return status;
}

bool survived(const char* crash_at) {
  const int status = status_of_child(crash_at);
  return WIFEXITED(status) && WEXITSTATUS(status) == 7;
}

TEST_CASE("without the variable no crash point does anything") {
  CHECK(survived(nullptr));
  CHECK(survived(""));
  CHECK(survived("index-done"));
  CHECK(survived("batch-sent:4"));
}

TEST_CASE("each crash point has a name of its own") {
  CHECK(std::set<std::string_view>(kCrashPoints.begin(), kCrashPoints.end()).size() ==
        kCrashPoints.size());
}

TEST_CASE("the named passage kills the process") {
  for (const char* crash_at : {"batch-intended", "batch-sent", "batch-sent:3"}) {
    const int status = status_of_child(crash_at);
    INFO(crash_at);
    REQUIRE(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGKILL);
  }
}

TEST_CASE("only a process that is about to die delivers what its buffers hold") {
  for (const bool armed : {false, true}) {
    std::array<int, 2> pipe{};
    REQUIRE(::pipe(pipe.data()) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::unsetenv("MBOXFERRY_CRASH_AT");
      if (armed) ::setenv("MBOXFERRY_CRASH_AT", "batch-sent:2", 1);
      for (char passage = '1'; passage < '4'; ++passage) {
        crash_point("batch-sent", [&] { return ::write(pipe[1], &passage, 1) == 1; });
      }
      ::_exit(7);
    }
    ::close(pipe[1]);
    std::array<char, 4> delivered{};
    const auto count = ::read(pipe[0], delivered.data(), delivered.size());
    ::close(pipe[0]);
    REQUIRE(::waitpid(child, nullptr, 0) == child);
    CHECK(std::string_view(delivered.data(), static_cast<std::size_t>(count)) ==
          (armed ? "2" : ""));
  }
}

}  // namespace
}  // namespace mboxferry
