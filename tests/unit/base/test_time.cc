// SPDX-License-Identifier: Apache-2.0
// Calendar arithmetic and RFC 3339.
#include <catch2/catch.hpp>

#include "mboxferry/base/time.h"

namespace mboxferry {
namespace {

TEST_CASE("days of the calendar, leap years and centuries included") {
  CHECK(days_from_civil(1970, 1, 1) == 0);
  CHECK(days_from_civil(1969, 12, 31) == -1);
  CHECK(days_from_civil(2000, 2, 29) == 11016);
  CHECK(days_from_civil(2000, 3, 1) == 11017);
  CHECK(days_from_civil(1900, 3, 1) - days_from_civil(1900, 2, 28) == 1);
  CHECK(days_from_civil(0, 3, 1) == -719468);
}

TEST_CASE("each day of many years comes back from its number") {
  std::int64_t expected = days_from_civil(1580, 1, 1);
  for (std::int64_t year = 1580; year < 2420; ++year) {
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    const unsigned days[] = {31, leap ? 29U : 28U, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (unsigned month = 1; month <= 12; ++month) {
      for (unsigned day = 1; day <= days[month - 1]; ++day, ++expected) {
        if (days_from_civil(year, month, day) != expected) {
          FAIL(year << "-" << month << "-" << day);
        }
        const CivilTime civil = to_civil({expected * 86400 + 86399, 0});
        if (civil.year != year || civil.month != month || civil.day != day || civil.hour != 23 ||
            civil.minute != 59 || civil.second != 59) {
          FAIL("back from " << year << "-" << month << "-" << day);
        }
      }
    }
  }
}

TEST_CASE("civil time is in the zone of the timestamp") {
  const CivilTime east = to_civil({0, 90});
  CHECK(east.day == 1);
  CHECK(east.hour == 1);
  CHECK(east.minute == 30);
  const CivilTime west = to_civil({0, -60});
  CHECK(west.year == 1969);
  CHECK(west.month == 12);
  CHECK(west.day == 31);
  CHECK(west.hour == 23);
}

TEST_CASE("RFC 3339") {
  CHECK(to_rfc3339({978307200, 0}) == "2001-01-01T00:00:00+00:00");
  CHECK(to_rfc3339({978307200, 330}) == "2001-01-01T05:30:00+05:30");
  CHECK(to_rfc3339({978307200, -210}) == "2000-12-31T20:30:00-03:30");
  CHECK(to_rfc3339({-1, -30}) == "1969-12-31T23:29:59-00:30");
}

TEST_CASE("the system clock knows this century") {
  CHECK(system_clock().unix_seconds() > 1'700'000'000);
  const auto before = system_clock().now();
  system_clock().sleep(std::chrono::milliseconds(2));
  CHECK(system_clock().now() - before >= std::chrono::milliseconds(2));
}

}  // namespace
}  // namespace mboxferry
