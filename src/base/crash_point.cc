// SPDX-License-Identifier: Apache-2.0
// Kills the process where a crash test asks for it.
#include "mboxferry/base/crash_point.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <csignal>
#include <cstdlib>
#include <string>

namespace mboxferry {
namespace {

struct Wanted {
  std::string name;
  int passage = 1;
};

Wanted wanted_of(const char* value) {
  Wanted wanted{value};
  if (const auto colon = wanted.name.find(':'); colon != std::string::npos) {
    wanted.passage = std::atoi(wanted.name.c_str() + colon + 1);
    wanted.name.resize(colon);
  }
  return wanted;
}

}  // namespace

bool crash_point_is_due(std::string_view name) {
  assert(std::find(kCrashPoints.begin(), kCrashPoints.end(), name) != kCrashPoints.end());
  // Kept only once it is set: a process that passes a point may have children that are to die.
  const char* value = std::getenv("MBOXFERRY_CRASH_AT");
  if (value == nullptr) return false;
  static const Wanted wanted = wanted_of(value);
  static std::atomic<int> passages{0};
  return name == wanted.name && ++passages == wanted.passage;
}

void crash() {
  std::raise(SIGKILL);
  std::abort();
}

}  // namespace mboxferry
