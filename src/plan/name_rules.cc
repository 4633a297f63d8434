// SPDX-License-Identifier: Apache-2.0
// Makes folder names fit for servers.
#include "plan/name_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "mboxferry/base/utf8.h"

namespace mboxferry::plan {
namespace {

constexpr std::size_t kLongestLevel = 255;  // of most file systems, and of Dovecot
constexpr std::size_t kLongestUserName = 1000;
constexpr std::size_t kShownOfLong = 40;

// With the line and paragraph separators, which RFC 9755 section 3 forbids in names as well.
constexpr bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::string_view cut(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  return trimmed(text.substr(0, most));
}

std::string with_replacements(std::string_view text, char separator, Reasons& reasons) {
  std::string name;
  while (const auto code_point = take_code_point(text)) {
    const char32_t c = *code_point;
    const bool refused = c == U'/' || c == U'%' || c == U'*' ||
                         (separator != 0 && c == static_cast<unsigned char>(separator));
    if (is_control(c)) reasons.add("control characters replaced by '_'");
    if (refused) reasons.add(fmt::format("'{}' replaced by '_'", static_cast<char>(c)));
    append_utf8(name, refused || is_control(c) ? U'_' : c);
  }
  return name;
}

// Fit for an error message.
std::string shown(std::string_view name) {
  std::string text(cut(name, 200));
  for (char& c : text) {
    if (const auto byte = static_cast<unsigned char>(c); byte < 0x20 || byte == 0x7F) c = '?';
  }
  return to_utf8(text);
}

}  // namespace

void Reasons::add(std::string phrase) {
  if (std::find(phrases_.begin(), phrases_.end(), phrase) == phrases_.end())
    phrases_.push_back(std::move(phrase));
}

std::string Reasons::text() const { return fmt::format("{}", fmt::join(phrases_, ", ")); }

std::string sanitized(std::string_view segment, char separator, Reasons& reasons) {
  const std::string utf8 = to_utf8(segment);
  if (utf8 != segment) reasons.add("read as ISO-8859-1");
  const std::string_view inner = trimmed(utf8);
  if (inner.size() != utf8.size()) reasons.add("spaces at the ends removed");
  const std::string_view kept = cut(inner, kLongestLevel);
  if (kept.size() != inner.size()) reasons.add(fmt::format("cut to {} bytes", kLongestLevel));
  if (kept.empty()) {
    reasons.add("empty name replaced by '_'");
    return "_";
  }
  std::string name = with_replacements(kept, separator, reasons);
  if (name == "." || name == "..") {
    reasons.add("'.' replaced by '_'");
    std::fill(name.begin(), name.end(), '_');
  }
  return name;
}

std::string sanitized_first(std::string_view segment, char separator, std::string_view prefix,
                            Reasons& reasons) {
  std::string name = sanitized(segment, separator, reasons);
  // Dovecot takes its prefix off before it looks for a `~`.
  if (name.front() == '~' || (name.front() == '#' && prefix.empty())) {
    reasons.add(fmt::format("'{}' replaced by '_'", name.front()));
    name.front() = '_';
  }
  return name;
}

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> levels;
  for (std::size_t start = 0;;) {
    const std::size_t end = path.find('/', start);
    levels.emplace_back(path.substr(start, end - start));
    if (end == std::string_view::npos) return levels;
    start = end + 1;
  }
}

std::string join_path(const std::vector<std::string>& levels, std::string_view separator) {
  return fmt::format("{}", fmt::join(levels, separator));
}

Result<std::vector<std::string>> user_levels(const std::string& mailbox, char separator,
                                             const std::string& option) {
  std::string path = mailbox;
  if (separator != 0 && path.find('/') == std::string::npos)
    std::replace(path.begin(), path.end(), separator, '/');
  std::vector<std::string> levels = split_path(path);
  for (const std::string& level : levels) {
    Reasons reasons;
    if (sanitized(level, separator, reasons) == level && mailbox.size() <= kLongestUserName)
      continue;
    if (level.size() > kLongestLevel || mailbox.size() > kLongestUserName)
      return Error{
          ErrorCode::configuration,
          fmt::format("{}: '{}...' is too long for a mailbox ({} bytes)", option,
                      shown(cut(mailbox, kShownOfLong)), mailbox.size()),
          fmt::format("choose a shorter name, of {} bytes at most for each level", kLongestLevel)};
    return Error{ErrorCode::configuration,
                 fmt::format("{}: '{}' cannot be the name of a mailbox on this server", option,
                             shown(mailbox)),
                 "leave out empty levels, control characters, % and *, and spaces at the ends of "
                 "a level"};
  }
  return levels;
}

}  // namespace mboxferry::plan
