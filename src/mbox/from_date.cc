// SPDX-License-Identifier: Apache-2.0
// Reads the dates that mail programs have written into From_ lines.
#include "mbox/from_date.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

#include "mbox/text.h"

namespace mboxferry::mbox {
namespace {

using Words = std::span<const std::string_view>;

constexpr std::array<std::string_view, 12> kMonths{"jan", "feb", "mar", "apr", "may", "jun",
                                                   "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 12> kLongMonths{
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};
constexpr std::array<std::string_view, 14> kWeekdays{
    "mon",    "tue",     "wed",       "thu",      "fri",    "sat",      "sun",
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};

// Minutes east of UTC. A word that is missing here is taken for a zone too, of offset 0.
constexpr std::array<std::pair<std::string_view, int>, 27> kZones{{
    {"UTC", 0},    {"GMT", 0},    {"UT", 0},      {"Z", 0},      {"EST", -300},   {"EDT", -240},
    {"CST", -360}, {"CDT", -300}, {"MST", -420},  {"MDT", -360}, {"PST", -480},   {"PDT", -420},
    {"CET", 60},   {"CEST", 120}, {"MET", 60},    {"MEST", 120}, {"METDST", 120}, {"BST", 60},
    {"WET", 0},    {"WEST", 60},  {"WETDST", 60}, {"EET", 120},  {"EEST", 180},   {"EETDST", 180},
    {"MSK", 180},  {"JST", 540},  {"KST", 540},
}};

std::optional<unsigned> number(std::string_view word, std::size_t min_digits,
                               std::size_t max_digits) {
  if (word.size() < min_digits || word.size() > max_digits) return std::nullopt;
  unsigned value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return value;
}

std::string_view without_comma(std::string_view word) {
  if (!word.empty() && word.back() == ',') word.remove_suffix(1);
  return word;
}

std::optional<unsigned> month(std::string_view word) {
  word = without_comma(word);
  for (std::size_t i = 0; i < kMonths.size(); ++i) {
    if (equals_ignoring_case(word, kMonths[i]) || equals_ignoring_case(word, kLongMonths[i])) {
      return static_cast<unsigned>(i + 1);
    }
  }
  return std::nullopt;
}

std::optional<unsigned> day(std::string_view word) {
  const auto value = number(without_comma(word), 1, 2);
  return value && *value >= 1 && *value <= 31 ? value : std::nullopt;
}

// Two digits are 1970 to 2069; three are what a program wrote that counts years from 1900.
std::optional<std::int64_t> year(std::string_view word) {
  const auto value = number(without_comma(word), 2, 4);
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

struct Seconds {
  std::int64_t value = 0;
};

std::optional<Seconds> time_of_day(std::string_view word) {
  if (word.size() < 5 || word[2] != ':') return std::nullopt;
  const auto hour = number(word.substr(0, 2), 2, 2);
  const auto minute = number(word.substr(3, 2), 2, 2);
  if (!hour || !minute || *hour > 23 || *minute > 59) return std::nullopt;
  unsigned second = 0;
  if (word.size() > 5) {
    if (word[5] != ':') return std::nullopt;
    const auto seconds = number(word.substr(6, 2), 2, 2);
    if (!seconds || *seconds > 60) return std::nullopt;
    second = *seconds;
    if (word.size() > 8 && (word[8] != '.' || !number(word.substr(9), 1, 9))) return std::nullopt;
  }
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
  /// One word out of time, year and zones, which come in any order.
  bool add(std::string_view word) {
    return set_time(time_of_day(word)) || set_year(year(word)) || set_zone(word);
  }
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
  if (!time_ || ++zone_words_ > 4) return false;
  if (const auto minutes = numeric_zone(word)) return set(numeric_zone_, minutes);
  if (word.size() > 2 && word.front() == '(' && word.back() == ')') return true;
  if (word == "DST") {
    named_zone_ = named_zone_.value_or(0) + 60;
    return true;
  }
  for (const auto& [name, minutes] : kZones) {
    if (word == name) {
      named_zone_ = minutes;
      return true;
    }
    const bool prefixed = minutes == 0 && word.starts_with(name);
    if (const auto rest = prefixed ? numeric_zone(word.substr(name.size())) : std::nullopt) {
      return set(numeric_zone_, rest);
    }
  }
  return !word.empty() && word.size() <= 8 && is_upper(word.front()) &&
         std::all_of(word.begin(), word.end(), [](char c) { return is_upper(c) || is_digit(c); });
}

std::optional<Timestamp> Date::timestamp() const {
  if (!day_ || !month_ || !year_ || !time_) return std::nullopt;
  const int zone = numeric_zone_.value_or(named_zone_.value_or(0));
  const std::int64_t days = days_from_civil(*year_, *month_, *day_);
  return Timestamp{days * 86400 + time_->value - zone * 60, static_cast<std::int16_t>(zone)};
}

// 2001-12-31, alone or with a T and the time behind it.
bool add_iso_date(Date& date, std::string_view word) {
  if (word.size() < 10 || word[4] != '-' || word[7] != '-') return false;
  const auto months = number(word.substr(5, 2), 2, 2);
  if (!months || *months < 1 || *months > 12) return false;
  if (!date.set_year(year(word.substr(0, 4))) || !date.set_month(months) ||
      !date.set_day(day(word.substr(8, 2)))) {
    return false;
  }
  if (word.size() == 10) return true;
  if (word[10] != 'T') return false;
  const std::string_view time = word.substr(11);
  const std::size_t zone = time.find_first_of("+-Z");
  if (!date.set_time(time_of_day(time.substr(0, zone)))) return false;
  return zone == std::string_view::npos || date.set_zone(time.substr(zone));
}

// 31-Dec-2001
bool add_dashed_date(Date& date, std::string_view word) {
  const std::size_t first = word.find('-');
  if (first == std::string_view::npos) return false;
  const std::size_t second = word.find('-', first + 1);
  if (second == std::string_view::npos) return false;
  return date.set_day(day(word.substr(0, first))) &&
         date.set_month(month(word.substr(first + 1, second - first - 1))) &&
         date.set_year(year(word.substr(second + 1)));
}

}  // namespace

bool is_weekday(std::string_view word) {
  word = without_comma(word);
  return std::any_of(kWeekdays.begin(), kWeekdays.end(),
                     [&](std::string_view name) { return equals_ignoring_case(word, name); });
}

bool is_time_of_day(std::string_view word, bool loose) {
  if (time_of_day(word)) return true;
  if (!loose || word.size() < 4 || word[1] != ':') return false;
  return is_digit(word[0]) && is_digit(word[2]) && is_digit(word[3]);
}

std::optional<Timestamp> parse_from_date(Words words) {
  if (words.empty()) return std::nullopt;
  Date date;
  std::size_t at = 0;
  const bool weekday = is_weekday(words[0]);
  if (weekday) ++at;
  const auto word = [&](std::size_t i) { return i < words.size() ? words[i] : std::string_view{}; };
  if (add_iso_date(date, word(at)) || add_dashed_date(date, word(at))) {
    at += 1;
  } else if (weekday && date.set_month(month(word(at)))) {
    if (!date.set_day(day(word(at + 1)))) return std::nullopt;
    at += 2;
  } else if (date.set_day(day(word(at))) && date.set_month(month(word(at + 1)))) {
    at += 2;
  } else {
    return std::nullopt;
  }
  for (; at < words.size(); ++at) {
    const bool uucp = (words[at] == "remote" && word(at + 1) == "from") ||
                      (words[at] == "forwarded" && word(at + 1) == "by");
    if (uucp && words.size() == at + 3) break;
    if (!date.add(words[at])) return std::nullopt;
  }
  return date.timestamp();
}

}  // namespace mboxferry::mbox
