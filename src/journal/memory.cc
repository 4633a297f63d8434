// SPDX-License-Identifier: Apache-2.0
// SQLite's limit of its heap.
#include "mboxferry/journal/memory.h"

#include <sqlite3.h>

namespace mboxferry::journal {

void limit_memory(std::size_t jobs) {
  constexpr sqlite3_int64 kMebibyte = 1024 * 1024;
  // A job has caches of 8 MiB for its tables and 8 MiB for scratch, some of them twice, and lists
  // of its archives with 2 MiB each.
  constexpr sqlite3_int64 kFixed = 48 * kMebibyte;
  constexpr sqlite3_int64 kJob = 48 * kMebibyte;
  sqlite3_hard_heap_limit64(kFixed + kJob * static_cast<sqlite3_int64>(jobs));
}

}  // namespace mboxferry::journal
