// SPDX-License-Identifier: Apache-2.0
// The lines of a text file of a user.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace mboxferry::policy {

inline constexpr std::string_view kListMark = "\xEF\xBB\xBF";  ///< byte order mark

/// `text` without blanks around it.
constexpr std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\v\f";
  const std::size_t begin = std::min(text.find_first_not_of(kBlanks), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

/// `line` up to a `#` at its beginning or behind a blank, outside of quotes.
constexpr std::string_view without_comment(std::string_view line) {
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') quoted = !quoted;
    if (!quoted && line[i] == '#' && (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t'))
      return line.substr(0, i);
  }
  return line;
}

/// Calls `take(number, line)` for each line, without its line end and without a byte order mark,
/// which files have within when they were joined. A CR alone ends a line, too, as on old Macs.
template <typename Take>
void for_lines(std::string_view text, const Take& take) {
  std::uint64_t number = 1;
  const auto take_line = [&](std::string_view line) {
    if (line.starts_with(kListMark)) line.remove_prefix(kListMark.size());
    take(number++, line);
  };
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    while (line.ends_with('\r')) line.remove_suffix(1);
    for (std::size_t cr = line.find('\r'); cr != std::string_view::npos; cr = line.find('\r')) {
      take_line(line.substr(0, cr));
      line.remove_prefix(cr + 1);
    }
    take_line(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace mboxferry::policy
