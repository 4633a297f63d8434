// SPDX-License-Identifier: Apache-2.0
// Reads the dates of mail header fields, also the wrong ones.
#include <algorithm>
#include <array>
#include <optional>

#include "mboxferry/base/date_words.h"
#include "mboxferry/message/metadata.h"
#include "message/ascii.h"

namespace mboxferry::message {
namespace {

constexpr std::size_t kLongestDate = 200;
constexpr int kMostZoneMinutes = 14 * 60;

constexpr std::array<std::string_view, 12> kMonths{"jan", "feb", "mar", "apr", "may", "jun",
                                                   "jul", "aug", "sep", "oct", "nov", "dec"};

// Stand between the parts of a date that is written out.
constexpr std::array<std::string_view, 4> kFillers{"de", "del", "at", "um"};

// The date without comments, its white space collapsed and none around colons (RFC 5322 section
// 4.3 allows both between any two tokens). Fixed size: what is longer is no date.
class PlainText {
 public:
  explicit PlainText(std::string_view text) {
    int depth = 0;
    bool blank = false;
    for (std::size_t i = 0; i < text.size() && size_ < text_.size(); ++i) {
      const char c = text[i];
      if (depth > 0 && c == '\\') {
        ++i;
      } else if (c == '(') {
        ++depth;
        blank = true;
      } else if (depth > 0) {
        if (c == ')') --depth;
      } else if (is_blank(c) || c == ',') {
        blank = true;
      } else {
        const bool at_colon = c == ':' || (size_ > 0 && text_[size_ - 1] == ':');
        if (blank && size_ > 0 && !at_colon) text_[size_++] = ' ';
        blank = false;
        if (size_ < text_.size()) text_[size_++] = c;
      }
    }
  }

  [[nodiscard]] std::string_view view() const { return {text_.data(), size_}; }

 private:
  std::array<char, kLongestDate> text_{};
  std::size_t size_ = 0;
};

// Takes the digits off the front of `text`; nothing when there are none or more than six.
std::optional<int> take_number(std::string_view& text, std::size_t* digits = nullptr) {
  int number = 0;
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) {
    if (count == 6) return std::nullopt;
    number = number * 10 + (text[count] - '0');
    ++count;
  }
  if (count == 0) return std::nullopt;
  if (digits != nullptr) *digits = count;
  text.remove_prefix(count);
  return number;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<int> month_of(std::string_view word) {
  if (const auto month = month_named(word)) return static_cast<int>(*month);
  if (is_weekday_name(word)) return std::nullopt;
  for (std::size_t i = 0; i < kMonths.size(); ++i) {
    if (starts_with_ignoring_case(word, kMonths[i])) return static_cast<int>(i) + 1;
  }
  return std::nullopt;
}

bool is_filler(std::string_view word) {
  return std::any_of(kFillers.begin(), kFillers.end(),
                     [&](std::string_view filler) { return equals_ignoring_case(word, filler); });
}

int bounded_zone(int minutes) {
  return minutes < -kMostZoneMinutes || minutes > kMostZoneMinutes ? 0 : minutes;
}

// "+0100", "-05:30", "+2", "+530"; 0 for what is no offset.
int numeric_zone(std::string_view text) {
  const bool west = text.front() == '-';
  text.remove_prefix(1);
  std::size_t digits = 0;
  const auto number = take_number(text, &digits);
  if (!number || digits > 4) return 0;
  int hours = *number;
  int minutes = 0;
  if (take(text, ':')) {
    minutes = take_number(text).value_or(60);
  } else if (digits > 2) {
    hours = *number / 100;
    minutes = *number % 100;
  }
  if (minutes > 59) return 0;
  return bounded_zone((hours * 60 + minutes) * (west ? -1 : 1));
}

int full_year(int year, std::size_t digits) {
  if (digits <= 2) return year + (year < 50 ? 2000 : 1900);
  return digits == 3 ? year + 1900 : year;
}

// Collects the parts of a date in whatever order they come.
class DateReader {
 public:
  // False when the token cannot be part of a date.
  bool read(std::string_view token, bool first);
  [[nodiscard]] std::optional<Timestamp> result() const;

 private:
  bool read_number(std::string_view token);
  bool read_joined(std::string_view token);
  bool read_date_with_name(std::string_view token);
  bool read_numbers(std::string_view token, char separator);
  bool read_time(std::string_view token);
  bool read_word(std::string_view token, bool first);
  void read_zone(std::string_view token);

  std::optional<int> year_, month_, day_, hour_;
  int minute_ = 0;
  int second_ = 0;
  std::optional<int> zone_;
  bool month_doubtful_ = false;  // the word is a weekday's name too
};

bool DateReader::read(std::string_view token, bool first) {
  const char c = token.front();
  if (is_digit(c)) {
    if (token.find(':') != std::string_view::npos) {
      // ISO 8601: the time follows the date without a space.
      const auto letter = token.find_first_of("Tt");
      if (letter == std::string_view::npos || token.find('-') > letter) return read_time(token);
      return read_joined(token.substr(0, letter)) && read_time(token.substr(letter + 1));
    }
    if (token.back() == '.') token.remove_suffix(1);
    const bool joined = token.find_first_of("-/.") != std::string_view::npos;
    return joined ? read_joined(token) : read_number(token);
  }
  if ((c == '+' || c == '-') && hour_) {
    if (!zone_) zone_ = numeric_zone(token);
    return true;
  }
  return read_word(token, first);
}

bool DateReader::read_number(std::string_view token) {
  std::size_t digits = 0;
  const auto number = take_number(token, &digits);
  if (!number) return false;
  if (!token.empty()) {  // "1st", and nothing else behind digits
    if (digits > 2 || day_ || token.size() != 2 || !is_letter(token[0])) return hour_.has_value();
  }
  if (!day_ && digits <= 2) {
    day_ = number;
  } else if (!year_) {
    if (digits > 4) return false;
    year_ = full_year(*number, digits);
  }
  return true;
}

bool DateReader::read_joined(std::string_view token) {
  if (std::any_of(token.begin(), token.end(), is_letter)) return read_date_with_name(token);
  const auto separator = token.find_first_of("-/.");
  return separator != std::string_view::npos && read_numbers(token, token[separator]);
}

// 3-Feb-2001
bool DateReader::read_date_with_name(std::string_view token) {
  if (day_ || month_ || year_) return hour_.has_value();
  day_ = take_number(token);
  if (!day_ || !take(token, '-')) return false;
  const auto dash = token.find('-');
  month_ = month_of(token.substr(0, dash));
  if (!month_ || dash == std::string_view::npos) return false;
  token.remove_prefix(dash + 1);
  std::size_t digits = 0;
  const auto year = take_number(token, &digits);
  if (!year || digits > 4 || !token.empty()) return false;
  year_ = full_year(*year, digits);
  return true;
}

// 2001-02-03, 2001/02/03, 2001.02.03 and 3.2.2001 are dates; behind a date, 10.20.30 is a time.
// What begins with a day or a month and has slashes or dashes is ambiguous.
bool DateReader::read_numbers(std::string_view token, char separator) {
  std::array<int, 3> parts{};
  std::array<std::size_t, 3> digits{};
  std::size_t count = 0;
  do {
    const auto number = take_number(token, &digits[count]);
    if (!number) return hour_.has_value();
    parts[count++] = *number;
  } while (count < parts.size() && take(token, separator));

  const bool date_due = count == 3 && token.empty() && !day_ && !month_ && !year_;
  const bool time_due = count > 1 && token.empty() && day_ && month_ && !hour_;
  if (date_due && digits[0] == 4) {
    year_ = parts[0];
    month_ = parts[1];
    day_ = parts[2];
  } else if (date_due && separator == '.' && digits[2] == 4) {
    day_ = parts[0];
    month_ = parts[1];
    year_ = parts[2];
  } else if (time_due && separator == '.') {
    hour_ = parts[0];
    minute_ = parts[1];
    second_ = parts[2];
  } else {
    return hour_.has_value();
  }
  return true;
}

bool DateReader::read_time(std::string_view token) {
  if (hour_) return true;
  hour_ = take_number(token);
  if (!take(token, ':')) return false;
  const auto minute = take_number(token);
  if (!minute) return false;
  minute_ = *minute;
  if (take(token, ':')) {
    const auto second = take_number(token);
    if (!second) return false;
    second_ = *second;
    if (take(token, '.')) {
      while (!token.empty() && is_digit(token.front())) token.remove_prefix(1);
    }
  }
  if (!token.empty()) read_zone(token);
  return true;
}

// A zone as a word, or joined: "GMT+0200", "Z".
void DateReader::read_zone(std::string_view token) {
  const auto sign = token.find_first_of("+-");
  if (sign != std::string_view::npos && sign + 1 < token.size()) {
    if (!zone_) zone_ = numeric_zone(token.substr(sign));
    return;
  }
  if (equals_ignoring_case(token, "am") || equals_ignoring_case(token, "a.m.")) {
    if (hour_ == 12) hour_ = 0;
  } else if (equals_ignoring_case(token, "pm") || equals_ignoring_case(token, "p.m.")) {
    if (hour_ && *hour_ < 12) hour_ = *hour_ + 12;
  } else if (equals_ignoring_case(token, "dst")) {
    if (zone_) zone_ = bounded_zone(*zone_ + 60);
  } else if (!zone_) {
    zone_ = zone_named(token);
  }
}

bool DateReader::read_word(std::string_view token, bool first) {
  const auto month = month_ && !month_doubtful_ ? std::nullopt : month_of(token);
  if (month) {
    month_ = month;
    month_doubtful_ = first && is_weekday_name(token);
    return true;
  }
  if (hour_) {
    read_zone(token);
    return true;
  }
  // A weekday in an unknown language can only stand first.
  return first || is_weekday_name(token) || is_filler(token);
}

std::optional<Timestamp> DateReader::result() const {
  if (!year_ || !month_ || !day_) return std::nullopt;
  const auto month = static_cast<unsigned>(*month_);
  const auto day = static_cast<unsigned>(*day_);
  if (month < 1 || month > 12 || day < 1) return std::nullopt;
  const auto first = days_from_civil(*year_, month, 1);
  const auto next = days_from_civil(month == 12 ? *year_ + 1 : *year_, month % 12 + 1, 1);
  if (day > next - first) return std::nullopt;
  const int hour = hour_.value_or(0);
  if (hour > 23 || minute_ > 59 || second_ > 60) return std::nullopt;
  const int second = second_ == 60 ? 59 : second_;  // IMAP knows no leap second
  const int zone = zone_.value_or(0);
  Timestamp time;
  time.unix_seconds = (first + day - 1) * 86400 + hour * 3600 + (minute_ - zone) * 60 + second;
  time.zone_minutes = static_cast<std::int16_t>(zone);
  return time;
}

}  // namespace

std::optional<Timestamp> parse_date(std::string_view text) {
  const PlainText plain(text);
  std::string_view rest = plain.view();
  DateReader reader;
  bool first = true;
  while (!rest.empty()) {
    const auto token = rest.substr(0, rest.find(' '));
    rest.remove_prefix(token.size() == rest.size() ? token.size() : token.size() + 1);
    if (!reader.read(token, first)) return std::nullopt;
    first = false;
  }
  return reader.result();
}

}  // namespace mboxferry::message
