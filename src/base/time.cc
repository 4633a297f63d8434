// SPDX-License-Identifier: Apache-2.0
// Calendar arithmetic and the system clock.
#include "mboxferry/base/time.h"

#include <fmt/format.h>

#include <ctime>
#include <thread>

namespace mboxferry {
namespace {

std::int64_t floor_divide(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

class SystemClock final : public Clock {
 public:
  [[nodiscard]] std::int64_t unix_seconds() const override { return std::time(nullptr); }
  [[nodiscard]] std::chrono::steady_clock::time_point now() const override {
    return std::chrono::steady_clock::now();
  }
  void sleep(std::chrono::milliseconds duration) override { std::this_thread::sleep_for(duration); }
};

}  // namespace

std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day) {
  // Years run from March, so that the leap day is a year's last.
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = floor_divide(year, 400);
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t shifted_month = (static_cast<std::int64_t>(month) + 9) % 12;
  const std::int64_t day_of_year =
      (153 * shifted_month + 2) / 5 + static_cast<std::int64_t>(day) - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

CivilTime to_civil(const Timestamp& time) {
  const std::int64_t local = time.unix_seconds + std::int64_t{time.zone_minutes} * 60;
  const std::int64_t days = floor_divide(local, kSecondsOfDay);
  const std::int64_t seconds = local - days * kSecondsOfDay;
  const std::int64_t shifted = days + 719468;
  const std::int64_t era = floor_divide(shifted, 146097);
  const std::int64_t day_of_era = shifted - era * 146097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted_month = (5 * day_of_year + 2) / 153;
  const auto day = static_cast<unsigned>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
  const auto month =
      static_cast<unsigned>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
  const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  return {year,
          month,
          day,
          static_cast<unsigned>(seconds / 3600),
          static_cast<unsigned>(seconds / 60 % 60),
          static_cast<unsigned>(seconds % 60)};
}

std::string to_rfc3339(const Timestamp& time) {
  const CivilTime civil = to_civil(time);
  const int zone = time.zone_minutes < 0 ? -time.zone_minutes : time.zone_minutes;
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}{:02}:{:02}", civil.year, civil.month,
                     civil.day, civil.hour, civil.minute, civil.second,
                     time.zone_minutes < 0 ? '-' : '+', zone / 60, zone % 60);
}

Timestamp local_time(std::int64_t unix_seconds) {
  const std::time_t time = unix_seconds;
  std::tm broken_down{};
  if (::localtime_r(&time, &broken_down) == nullptr) return {unix_seconds, 0};
  return {unix_seconds, static_cast<std::int16_t>(broken_down.tm_gmtoff / 60)};
}

Clock& system_clock() {
  static SystemClock clock;
  return clock;
}

}  // namespace mboxferry
