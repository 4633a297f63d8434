// SPDX-License-Identifier: Apache-2.0
// Points in time as mail knows them, and the clock that the program asks.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace mboxferry {

/// A moment with the zone it was written in, both kept because INTERNALDATE shows both.
struct Timestamp {
  std::int64_t unix_seconds = 0;
  std::int16_t zone_minutes = 0;  ///< east of UTC

  friend bool operator==(const Timestamp&, const Timestamp&) = default;
};

/// `YYYY-MM-DDTHH:MM:SS+ZZ:ZZ` (RFC 3339), for reports.
std::string to_rfc3339(const Timestamp& time);

inline constexpr std::int64_t kSecondsOfDay = 86'400;

/// The moment in the machine's zone, for logs.
Timestamp local_time(std::int64_t unix_seconds);

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar; month 1 to 12.
std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day);

/// Broken-down calendar time in the timestamp's own zone.
struct CivilTime {
  std::int64_t year;
  unsigned month, day, hour, minute, second;
};
CivilTime to_civil(const Timestamp& time);

/// The time and the waiting, in one place so that tests can stand in.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual std::int64_t unix_seconds() const = 0;
  [[nodiscard]] virtual std::chrono::steady_clock::time_point now() const = 0;
  virtual void sleep(std::chrono::milliseconds duration) = 0;
};

/// The machine's clock.
Clock& system_clock();

}  // namespace mboxferry
