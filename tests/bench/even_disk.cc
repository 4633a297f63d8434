// SPDX-License-Identifier: Apache-2.0
// A disk that is the same in every run: to be preloaded into programs whose files are in memory.
// Each sync takes EVEN_DISK_MS milliseconds and does nothing else; any number of them
// may be on their way at once, which flatters several connections a little.
#include <cstdlib>
#include <ctime>

namespace {

int wait_like_a_disk() {
  const char* text = std::getenv("EVEN_DISK_MS");
  const double milliseconds = text == nullptr ? 0 : std::strtod(text, nullptr);
  timespec wait{static_cast<std::time_t>(milliseconds / 1000), 0};
  wait.tv_nsec =
      static_cast<long>((milliseconds - static_cast<double>(wait.tv_sec) * 1000) * 1000 * 1000);
  nanosleep(&wait, nullptr);
  return 0;
}

}  // namespace

extern "C" {
int fsync(int) { return wait_like_a_disk(); }
int fdatasync(int) { return wait_like_a_disk(); }
}
