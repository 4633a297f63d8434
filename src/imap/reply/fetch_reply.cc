// SPDX-License-Identifier: Apache-2.0
// Reads FETCH replies without building a tree: memory is bounded by the reply itself.
#include "imap/reply/fetch_reply.h"

#include <algorithm>
#include <array>
#include <limits>

#include "mboxferry/base/words.h"
#include "mboxferry/message/metadata.h"

namespace mboxferry::imap {
namespace {

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// Walks over the items of one FETCH reply.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool at(char c) const { return rest_.starts_with(c); }
  bool take(char c) {
    if (!at(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// An item's name, with a section in brackets and an origin if it has them.
  std::string_view name() {
    bool in_section = false;
    std::size_t i = 0;
    for (; i < rest_.size(); ++i) {
      const char c = rest_[i];
      if (c == '[') in_section = true;
      if (c == ']') in_section = false;
      if (!in_section && (c == ' ' || c == '(' || c == ')' || c == '\r')) break;
    }
    return shift(i);
  }

  std::string_view atom() {
    return shift(std::min(rest_.find_first_of(" ()\r\n\"{"), rest_.size()));
  }

  /// A quoted string without its quotes, escapes left as they are; a literal; or NIL as empty.
  std::optional<std::string_view> string() {
    if (at('{')) return literal();
    if (!take('"')) {
      return same_word(atom(), "NIL") ? std::optional(std::string_view()) : std::nullopt;
    }
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      if (rest_[i] == '\\') {
        ++i;
      } else if (rest_[i] == '"') {
        const std::string_view inside = shift(i);
        rest_.remove_prefix(1);
        return inside;
      }
    }
    return std::nullopt;
  }

  /// Steps over any value, lists of any depth included.
  bool skip_value() {
    std::size_t depth = 0;
    do {
      if (take('(')) {
        ++depth;
      } else if (at(')')) {
        if (depth == 0) return false;
        take(')');
        --depth;
      } else if (take(' ')) {
        if (depth == 0) return false;
      } else if (at('"') || at('{')) {
        if (!string()) return false;
      } else if (atom().empty()) {
        return false;
      }
    } while (depth > 0);
    return true;
  }

 private:
  std::string_view shift(std::size_t count) {
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  std::optional<std::string_view> literal() {
    const std::size_t close = rest_.find('}');
    if (close == std::string_view::npos) return std::nullopt;
    const auto length = parse_number(rest_.substr(1, close - 1));
    rest_.remove_prefix(close + 1);
    take('\r');
    if (!length || !take('\n') || *length > rest_.size()) return std::nullopt;
    return shift(static_cast<std::size_t>(*length));
  }

  std::string_view rest_;
};

bool read_flags(Cursor& cursor, FetchReply& reply) {
  // Not told.
  if (!cursor.at('(')) return same_word(cursor.atom(), "NIL");
  cursor.take('(');
  reply.has_flags = true;
  while (!cursor.take(')')) {
    cursor.take(' ');
    if (cursor.at(')')) continue;
    const std::string_view flag = cursor.atom();
    if (flag.empty()) return false;
    reply.flags |= system_flag(flag);
    if (!flag.starts_with('\\')) reply.keywords.emplace_back(flag);
  }
  return true;
}

bool read_item(Cursor& cursor, FetchReply& reply) {
  const std::string_view name = cursor.name();
  if (name.empty() || !cursor.take(' ')) return false;
  if (same_word(name, "UID")) {
    const auto number = parse_number(cursor.atom());
    if (!number || *number > std::numeric_limits<Uid>::max()) return false;
    reply.uid = static_cast<Uid>(*number);
    return true;
  }
  if (same_word(name, "RFC822.SIZE")) {
    const std::string_view number = cursor.atom();
    // Of what is no number the content decides.
    reply.size = parse_number(number).value_or(0);
    return !number.empty();
  }
  if (same_word(name, "INTERNALDATE")) {
    const auto text = cursor.string();
    if (text) reply.internal_date = parse_internal_date(*text);
    return text.has_value();
  }
  if (same_word(name, "FLAGS")) return read_flags(cursor, reply);
  if (starts_with_word(name, "BODY[")) {
    reply.body = cursor.string();
    return reply.body.has_value();
  }
  return cursor.skip_value();
}

/// `count` digits of `text` at `at`.
std::optional<unsigned> digits(std::string_view text, std::size_t at, std::size_t count) {
  std::string_view part = text.substr(at, count);
  if (count == 2 && at == 0 && part.starts_with(' ')) part.remove_prefix(1);
  const auto number = parse_number(part);
  return number ? std::optional(static_cast<unsigned>(*number)) : std::nullopt;
}

}  // namespace

std::uint8_t system_flag(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, message::Flag>, 5> kFlags{
      {{"\\Seen", message::kSeen},
       {"\\Answered", message::kAnswered},
       {"\\Flagged", message::kFlagged},
       {"\\Draft", message::kDraft},
       {"\\Deleted", message::kDeleted}}};
  for (const auto& [word, flag] : kFlags) {
    if (same_word(name, word)) return flag;
  }
  return 0;
}

std::optional<FetchReply> parse_fetch_items(std::string_view items) {
  Cursor cursor(items);
  FetchReply reply;
  if (!cursor.take('(')) return std::nullopt;
  while (!cursor.take(')')) {
    cursor.take(' ');
    // Exchange writes a space before the end.
    if (cursor.at(')')) continue;
    if (!read_item(cursor, reply)) return std::nullopt;
  }
  return reply;
}

std::optional<Timestamp> parse_internal_date(std::string_view text) {
  // 01-Jan-2020 10:00:00 +0100, and from some servers a day of one digit
  if (text.size() == 25 && text[1] == '-') return parse_internal_date("0" + std::string(text));
  if (text.size() != 26 || text[2] != '-' || text[6] != '-' || text[11] != ' ' || text[14] != ':' ||
      text[17] != ':' || text[20] != ' ' || (text[21] != '+' && text[21] != '-')) {
    return std::nullopt;
  }
  const auto month = std::find_if(kMonths.begin(), kMonths.end(), [&](std::string_view name) {
    return same_word(name, text.substr(3, 3));
  });
  const auto day = digits(text, 0, 2);
  const auto year = digits(text, 7, 4);
  const auto hour = digits(text, 12, 2);
  const auto minute = digits(text, 15, 2);
  const auto second = digits(text, 18, 2);
  const auto zone_hour = digits(text, 22, 2);
  const auto zone_minute = digits(text, 24, 2);
  if (month == kMonths.end() || !day || !year || !hour || !minute || !second || !zone_hour ||
      !zone_minute || *day < 1 || *day > 31 || *hour > 23 || *minute > 59 || *second > 60 ||
      *zone_minute > 59) {
    return std::nullopt;
  }
  Timestamp time;
  const int zone = static_cast<int>(*zone_hour * 60 + *zone_minute) * (text[21] == '-' ? -1 : 1);
  time.zone_minutes = static_cast<std::int16_t>(zone);
  const auto month_number = static_cast<unsigned>(month - kMonths.begin()) + 1;
  time.unix_seconds =
      days_from_civil(*year, month_number, *day) * 86400 + static_cast<std::int64_t>(*hour) * 3600 +
      static_cast<std::int64_t>(*minute) * 60 + *second - static_cast<std::int64_t>(zone) * 60;
  return time;
}

std::string format_internal_date(const Timestamp& time) {
  const CivilTime civil = to_civil(time);
  const auto year = static_cast<unsigned>(civil.year);
  const auto zone = static_cast<unsigned>(std::abs(static_cast<int>(time.zone_minutes)));
  std::string text = "dd-Mon-yyyy hh:mm:ss +zzzz";
  const auto put = [&](std::size_t at, unsigned number) {
    text[at] = static_cast<char>('0' + number / 10 % 10);
    text[at + 1] = static_cast<char>('0' + number % 10);
  };
  put(0, civil.day);
  text.replace(3, 3, kMonths[civil.month - 1]);
  put(7, year / 100);
  put(9, year);
  put(12, civil.hour);
  put(15, civil.minute);
  put(18, civil.second);
  text[21] = time.zone_minutes < 0 ? '-' : '+';
  put(22, zone / 60);
  put(24, zone % 60);
  return text;
}

}  // namespace mboxferry::imap
