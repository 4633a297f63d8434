// SPDX-License-Identifier: Apache-2.0
// A clock that somebody sets while the program runs, to be preloaded. After every
// JUMPING_CLOCK_EVERY looks at the time of day, the next of the offsets JUMPING_CLOCK_SECONDS
// ("0,86400,-3600") counts, around and around. The clock that only runs forward is left alone.
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <ctime>
#include <sstream>
#include <string>
#include <vector>

namespace {

std::vector<long> offsets_from_environment() {
  const char* text = std::getenv("JUMPING_CLOCK_SECONDS");
  std::istringstream words(text == nullptr ? "0" : text);
  std::vector<long> offsets;
  for (std::string word; std::getline(words, word, ',');) offsets.push_back(std::stol(word));
  return offsets;
}

long offset_now() {
  static const std::vector<long> offsets = offsets_from_environment();
  static const char* const every_text = std::getenv("JUMPING_CLOCK_EVERY");
  static const unsigned long every =
      every_text == nullptr ? 1 : std::strtoul(every_text, nullptr, 10);
  static std::atomic<unsigned long> looks{0};
  return offsets[looks++ / every % offsets.size()];
}

}  // namespace

extern "C" {
int clock_gettime(clockid_t clock, timespec* out) noexcept {
  const int result = static_cast<int>(syscall(SYS_clock_gettime, clock, out));
  if (result == 0 && clock == CLOCK_REALTIME) out->tv_sec += offset_now();
  return result;
}
time_t time(time_t* out) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}
int gettimeofday(timeval* out, void*) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  *out = {now.tv_sec, now.tv_nsec / 1000};
  return 0;
}
}
