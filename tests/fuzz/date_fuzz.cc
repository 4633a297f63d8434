// SPDX-License-Identifier: Apache-2.0
// Fuzz target: whatever the text, a date is one of the calendar or nothing, in a header field and
// in a From_ line; and a date that a strict reader of the two canonical forms accepts is the same
// date to both of ours. The first bytes of the input, read as a moment, are written in those forms
// too.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "mboxferry/mbox/envelope.h"
#include "mboxferry/message/metadata.h"

namespace {

using mboxferry::Timestamp;
using mboxferry::mbox::parse_envelope;
using mboxferry::message::parse_date;

constexpr std::string_view kDays = "MonTueWedThuFriSatSun";
constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";

void require(bool condition) {
  if (!condition) std::abort();
}

// Where in a list of names of three letters; -1 when it is none of them.
int index_of(std::string_view names, std::string_view name) {
  for (std::size_t i = 0; i < names.size(); i += 3) {
    if (names.substr(i, 3) == name) return static_cast<int>(i / 3);
  }
  return -1;
}

int digits(std::string_view text) {
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

struct Parts {
  int year = -1, month = -1, day = -1, hour = -1, minute = -1, second = -1, zone = 0;
};

std::optional<Timestamp> moment(const Parts& parts) {
  std::tm tm{};
  tm.tm_year = parts.year - 1900;
  tm.tm_mon = parts.month;
  tm.tm_mday = parts.day;
  tm.tm_hour = parts.hour;
  tm.tm_min = parts.minute;
  tm.tm_sec = parts.second;
  const std::tm given = tm;
  const std::time_t time = timegm(&tm);
  const bool same = tm.tm_year == given.tm_year && tm.tm_mon == given.tm_mon &&
                    tm.tm_mday == given.tm_mday && tm.tm_hour == given.tm_hour &&
                    tm.tm_min == given.tm_min && tm.tm_sec == given.tm_sec;
  if (!same || parts.year < 1900) return std::nullopt;
  return Timestamp{time - parts.zone * 60, static_cast<std::int16_t>(parts.zone)};
}

bool set_time(Parts& parts, std::string_view text) {
  if (text.size() != 8 || text[2] != ':' || text[5] != ':') return false;
  parts.hour = digits(text.substr(0, 2));
  parts.minute = digits(text.substr(3, 2));
  parts.second = digits(text.substr(6, 2));
  return true;
}

// Www Mmm dd HH:MM:SS YYYY, with a blank or a zero before a day of one digit.
std::optional<Timestamp> read_asctime(std::string_view text) {
  if (text.size() != 24 || index_of(kDays, text.substr(0, 3)) < 0) return std::nullopt;
  if (text[3] != ' ' || text[7] != ' ' || text[10] != ' ' || text[19] != ' ') return std::nullopt;
  Parts parts;
  parts.month = index_of(kMonths, text.substr(4, 3));
  parts.day = digits(text.substr(text[8] == ' ' ? 9 : 8, text[8] == ' ' ? 1 : 2));
  parts.year = digits(text.substr(20));
  if (!set_time(parts, text.substr(11, 8))) return std::nullopt;
  return moment(parts);
}

// Www, dd Mmm YYYY HH:MM:SS +ZZZZ
std::optional<Timestamp> read_rfc5322(std::string_view text) {
  if (text.size() != 31 || index_of(kDays, text.substr(0, 3)) < 0) return std::nullopt;
  for (const std::size_t blank : {4, 7, 11, 16, 25}) {
    if (text[blank] != ' ') return std::nullopt;
  }
  if (text[3] != ',' || (text[26] != '+' && text[26] != '-')) return std::nullopt;
  Parts parts;
  parts.day = digits(text.substr(5, 2));
  parts.month = index_of(kMonths, text.substr(8, 3));
  parts.year = digits(text.substr(12, 4));
  const int hours = digits(text.substr(27, 2));
  const int minutes = digits(text.substr(29, 2));
  if (hours < 0 || hours > 13 || minutes < 0 || minutes > 59) return std::nullopt;
  parts.zone = (hours * 60 + minutes) * (text[26] == '-' ? -1 : 1);
  if (!set_time(parts, text.substr(17, 8))) return std::nullopt;
  return moment(parts);
}

std::optional<Timestamp> from_date(std::string_view text) {
  const auto envelope = parse_envelope("From joe@example.org " + std::string(text));
  return envelope ? envelope->date : std::nullopt;
}

void agree(std::string_view text, const std::optional<Timestamp>& expected) {
  if (!expected) return;
  require(parse_date(text) == expected);
  require(from_date(text) == expected);
}

void check_moment(std::int64_t seconds, int zone_minutes) {
  const std::time_t local = seconds + zone_minutes * 60;
  std::tm tm{};
  gmtime_r(&local, &tm);
  std::array<char, 64> text{};
  const std::string_view day = kDays.substr(static_cast<std::size_t>((tm.tm_wday + 6) % 7) * 3, 3);
  const std::string_view month = kMonths.substr(static_cast<std::size_t>(tm.tm_mon) * 3, 3);
  std::snprintf(text.data(), text.size(), "%.3s %.3s %2d %02d:%02d:%02d %04d", day.data(),
                month.data(), tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, tm.tm_year + 1900);
  require(read_asctime(text.data()).has_value());
  agree(text.data(), Timestamp{local, 0});
  std::snprintf(text.data(), text.size(), "%.3s, %02d %.3s %04d %02d:%02d:%02d %c%02d%02d",
                day.data(), tm.tm_mday, month.data(), tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
                tm.tm_sec, zone_minutes < 0 ? '-' : '+', std::abs(zone_minutes) / 60,
                std::abs(zone_minutes) % 60);
  require(read_rfc5322(text.data()).has_value());
  agree(text.data(), Timestamp{seconds, static_cast<std::int16_t>(zone_minutes)});
}

void check_text(std::string_view text) {
  agree(text, read_asctime(text));
  agree(text, read_rfc5322(text));
  if (const auto date = from_date(text)) {
    const auto civil = mboxferry::to_civil(*date);
    require(civil.year >= 1899 && civil.year <= 10000);
    require(std::abs(date->zone_minutes) < 24 * 60);
  }
  const auto time = parse_date(text);
  if (!time) return;
  const auto civil = mboxferry::to_civil(*time);
  require(civil.year >= 0 && civil.year <= 9999);
  require(std::abs(time->zone_minutes) <= 14 * 60);
  // What the date says in our own words is the same date again.
  require(parse_date(mboxferry::to_rfc3339(*time)) == time);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::uint32_t number = 0;
  if (size >= sizeof number) {
    std::memcpy(&number, data, sizeof number);
    constexpr std::int64_t k1900 = -2'208'988'800;
    const int zone = static_cast<int>(number % (27 * 60 + 1)) - 810;
    check_moment(k1900 + 86'400 + std::int64_t{number} * 59, zone);
  }
  check_text({reinterpret_cast<const char*>(data), size});
  return 0;
}
