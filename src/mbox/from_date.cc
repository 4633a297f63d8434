// SPDX-License-Identifier: Apache-2.0
// Reads the dates that mail programs have written into From_ lines.
#include "mbox/from_date.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "mbox/text.h"
#include "mboxferry/base/date_words.h"

namespace mboxferry::mbox {
namespace {

using Words = std::span<const std::string_view>;

std::optional<unsigned> number(std::string_view word, std::size_t min_digits,
                               std::size_t max_digits) {
  if (word.size() < min_digits || word.size() > max_digits) return std::nullopt;
  unsigned value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return value;
}

// `3.`, `März,`, `2008,`: what stands between the parts of a date.
std::string_view without_stop(std::string_view word) {
  while (!word.empty() && (word.back() == ',' || word.back() == '.')) word.remove_suffix(1);
  return word;
}

std::optional<unsigned> day(std::string_view word) {
  const auto value = number(without_stop(word), 1, 2);
  return value && *value >= 1 && *value <= 31 ? value : std::nullopt;
}

std::optional<unsigned> month_number(std::string_view word) {
  const auto value = number(word, 2, 2);
  return value && *value >= 1 && *value <= 12 ? value : std::nullopt;
}

// Two digits are 1970 to 2069; three are what a program wrote that counts years from 1900.
std::optional<std::int64_t> year(std::string_view word) {
  word = without_stop(word);
  const auto value = number(word, 2, 4);
  if (!value) return std::nullopt;
  if (word.size() == 4) return *value >= 1900 ? std::optional<std::int64_t>(*value) : std::nullopt;
  if (*value >= 100)
    return *value < 200 ? std::optional<std::int64_t>(1900 + *value) : std::nullopt;
  return *value < 70 ? 2000 + *value : 1900 + *value;
}

std::optional<int> numeric_zone(std::string_view word) {
  if (word.size() < 5 || (word[0] != '+' && word[0] != '-')) return std::nullopt;
  const auto hours = number(word.substr(1, 2), 2, 2);
  const auto minutes = number(word.substr(word[3] == ':' ? 4 : 3), 2, 2);
  if (!hours || !minutes || *hours > 15 || *minutes > 59) return std::nullopt;
  const int value = static_cast<int>(*hours * 60 + *minutes);
  return word[0] == '-' ? -value : value;
}

// What the abbreviation of a zone looks like.
bool is_capitals(std::string_view word) {
  return !word.empty() && word.size() <= 8 && is_upper(word.front()) &&
         std::all_of(word.begin(), word.end(), [](char c) { return is_upper(c) || is_digit(c); });
}

struct Seconds {
  std::int64_t value = 0;
};

enum class HalfDay { none, am, pm };

HalfDay half_day(std::string_view word) {
  word = without_stop(word);
  if (equals_ignoring_case(word, "am") || equals_ignoring_case(word, "a.m")) return HalfDay::am;
  if (equals_ignoring_case(word, "pm") || equals_ignoring_case(word, "p.m")) return HalfDay::pm;
  return HalfDay::none;
}

// HH:MM or HH:MM:SS, the hour with at least `hour_digits` digits.
std::optional<Seconds> time_of_day(std::string_view word, std::size_t hour_digits,
                                   HalfDay half = HalfDay::none) {
  word = without_stop(word);
  const std::size_t colon = std::min(word.find(':'), word.size());
  auto hour = number(word.substr(0, colon), hour_digits, 2);
  word.remove_prefix(std::min(colon + 1, word.size()));
  const auto minute = number(word.substr(0, 2), 2, 2);
  if (!hour || !minute || *hour > 23 || *minute > 59) return std::nullopt;
  unsigned second = 0;
  if (word.size() > 2) {
    if (word[2] != ':') return std::nullopt;
    const auto seconds = number(word.substr(3, 2), 2, 2);
    if (!seconds || *seconds > 60) return std::nullopt;
    second = *seconds;
    if (word.size() > 5 && (word[5] != '.' || !number(word.substr(6), 1, 9))) return std::nullopt;
  }
  if (half == HalfDay::am && *hour == 12) hour = 0;
  if (half == HalfDay::pm && *hour < 12) *hour += 12;
  return Seconds{std::int64_t{*hour} * 3600 + std::int64_t{*minute} * 60 + second};
}

// Collects the parts of one date; each part may be given once.
class Date {
 public:
  bool set_day(std::optional<unsigned> value) { return set(day_, value); }
  bool set_month(std::optional<unsigned> value) { return set(month_, value); }
  bool set_year(std::optional<std::int64_t> value) { return set(year_, value); }
  bool set_time(std::optional<Seconds> value) { return set(time_, value); }
  bool set_zone(std::string_view word);
  /// One word out of year and zones, which come in any order.
  bool add(std::string_view word) { return set_year(year(word)) || set_zone(word); }
  [[nodiscard]] std::optional<Timestamp> timestamp() const;

 private:
  template <typename T>
  static bool set(std::optional<T>& part, std::optional<T> value) {
    if (part || !value) return false;
    part = value;
    return true;
  }

  std::optional<unsigned> day_;
  std::optional<unsigned> month_;
  std::optional<std::int64_t> year_;
  std::optional<Seconds> time_;
  std::optional<int> named_zone_;
  std::optional<int> numeric_zone_;
  int zone_words_ = 0;
};

bool Date::set_zone(std::string_view word) {
  word = without_stop(word);
  if (!time_ || ++zone_words_ > 4 || half_day(word) != HalfDay::none) return false;
  if (const auto minutes = numeric_zone(word)) return set(numeric_zone_, minutes);
  if (word.size() > 2 && word.front() == '(' && word.back() == ')') return true;
  if (word == "DST") {
    named_zone_ = named_zone_.value_or(0) + 60;
    return true;
  }
  const std::size_t sign = std::min(word.find_first_of("+-"), word.size());
  if (!is_capitals(word.substr(0, sign))) return false;
  const auto named = zone_named(word.substr(0, sign));
  if (sign < word.size()) return named == 0 && set(numeric_zone_, numeric_zone(word.substr(sign)));
  if (named) named_zone_ = named;
  return true;  // an unknown one is of offset 0
}

std::optional<Timestamp> Date::timestamp() const {
  if (!day_ || !month_ || !year_ || !time_) return std::nullopt;
  const int zone = numeric_zone_.value_or(named_zone_.value_or(0));
  const std::int64_t days = days_from_civil(*year_, *month_, *day_);
  return Timestamp{days * 86400 + time_->value - zone * 60, static_cast<std::int16_t>(zone)};
}

// 2001-12-31, alone or with a T and the time behind it; also with slashes or full stops.
bool add_date_by_numbers(Date& date, std::string_view word) {
  if (word.size() < 10 || word[4] != word[7]) return false;
  if (word[4] != '-' && word[4] != '/' && word[4] != '.') return false;
  if (!date.set_year(year(word.substr(0, 4))) || !date.set_month(month_number(word.substr(5, 2))) ||
      !date.set_day(day(word.substr(8, 2)))) {
    return false;
  }
  word.remove_prefix(10);
  if (without_stop(word).empty()) return true;
  if (word[0] != 'T') return false;
  word.remove_prefix(1);
  const std::size_t zone = word.find_first_of("+-Z");
  if (!date.set_time(time_of_day(word.substr(0, zone), 2))) return false;
  return zone == std::string_view::npos || date.set_zone(word.substr(zone));
}

// 31-Dec-2001, or 31.12.2001: with full stops the day comes first.
bool add_joined_date(Date& date, std::string_view word) {
  const std::size_t first = std::min(word.find_first_of("-."), word.size());
  const std::size_t second = std::min(word.find_first_of("-.", first + 1), word.size());
  if (second == word.size() || word[first] != word[second]) return false;
  const std::string_view middle = word.substr(first + 1, second - first - 1);
  return date.set_day(day(word.substr(0, first))) &&
         date.set_month(word[first] == '.' ? month_number(middle) : month_named(middle)) &&
         date.set_year(year(word.substr(second + 1)));
}

// The date without its time; how many words it takes, 0 when it is none.
std::size_t add_calendar_date(Date& date, Words words, bool weekday) {
  const std::string_view one = words[0];
  const std::string_view two = words.size() > 1 ? words[1] : std::string_view{};
  if (add_date_by_numbers(date, one) || add_joined_date(date, one)) return 1;
  // The month comes first only where a weekday has shown that a date begins.
  const bool month_first = weekday && month_named(one);
  const bool set = month_first ? date.set_month(month_named(one)) && date.set_day(day(two))
                               : date.set_day(day(one)) && date.set_month(month_named(two));
  return set ? 2 : 0;
}

bool is_uucp_route(Words words) {
  return words.size() == 3 && ((words[0] == "remote" && words[1] == "from") ||
                               (words[0] == "forwarded" && words[1] == "by"));
}

}  // namespace

bool looks_like_time(std::string_view word) {
  const std::size_t colon = word.find(':');
  if (colon == std::string_view::npos || !number(word.substr(0, colon), 1, 2)) return false;
  return number(word.substr(colon + 1, 2), 2, 2).has_value();
}

std::optional<Timestamp> parse_from_date(Words words, ShortHour short_hour) {
  if (words.empty()) return std::nullopt;
  const bool weekday = is_weekday_name(words[0]);
  if (weekday) words = words.subspan(1);
  if (words.empty()) return std::nullopt;
  Date date;
  const std::size_t taken = add_calendar_date(date, words, weekday);
  if (taken == 0) return std::nullopt;
  words = words.subspan(taken);
  while (!words.empty() && !is_uucp_route(words)) {
    const HalfDay half = words.size() > 1 ? half_day(words[1]) : HalfDay::none;
    const bool lenient = half != HalfDay::none || short_hour == ShortHour::allowed;
    const auto time = time_of_day(words[0], lenient ? 1 : 2, half);
    if (!(time ? date.set_time(time) : date.add(words[0]))) return std::nullopt;
    words = words.subspan(time && half != HalfDay::none ? 2 : 1);
  }
  return date.timestamp();
}

}  // namespace mboxferry::mbox
