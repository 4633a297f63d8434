// SPDX-License-Identifier: Apache-2.0
// Fuzz target: whatever the text, a date is one of the calendar or nothing.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "mboxferry/message/metadata.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto time = mboxferry::message::parse_date(text);
  if (!time) return 0;
  const auto civil = mboxferry::to_civil(*time);
  const bool sound = civil.year >= 0 && civil.year <= 9999 && time->zone_minutes >= -14 * 60 &&
                     time->zone_minutes <= 14 * 60;
  if (!sound) std::abort();
  // What the date says in our own words is the same date again.
  if (mboxferry::message::parse_date(mboxferry::to_rfc3339(*time)) != time) std::abort();
  return 0;
}
