// SPDX-License-Identifier: Apache-2.0
// The limit that a server showed.
#include "transfer/pace/connection_limit.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

namespace mboxferry::transfer {
namespace {

/// `MOST UNIX-SECONDS`: the limit and when it was met.
constexpr const char* kNote = "connections.most";
constexpr std::int64_t kDay = 24 * 3600;

}  // namespace

Result<void> note_connection_limit(int most, journal::Journal& journal, Clock& clock) {
  return journal.set_note(kNote, fmt::format("{} {}", most, clock.unix_seconds()));
}

Result<int> limited_connections(int wanted, const journal::Journal& journal, Clock& clock) {
  MBOXFERRY_ASSIGN(const auto note, journal.note(kNote));
  std::istringstream words(note.value_or(""));
  int most = 0;
  std::int64_t when = 0;
  const bool known = static_cast<bool>(words >> most >> when) && most > 0;
  const bool recent = known && clock.unix_seconds() - when < kDay;
  return recent ? std::min(wanted, most) : wanted;
}

}  // namespace mboxferry::transfer
