// SPDX-License-Identifier: Apache-2.0
// Characters of ASCII, independent of the locale.
#pragma once

#include <algorithm>
#include <string_view>

namespace mboxferry {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr char to_lower(char c) { return is_upper(c) ? static_cast<char>(c + ('a' - 'A')) : c; }
constexpr char to_upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
}
constexpr bool is_letter(char c) { return to_lower(c) >= 'a' && to_lower(c) <= 'z'; }

/// A character that is to be seen (VCHAR, RFC 5234 appendix B.1): no space, no control character.
constexpr bool is_visible(char c) { return c > ' ' && c <= '~'; }
constexpr bool is_printable_ascii(char c) { return c == ' ' || is_visible(c); }

constexpr bool all_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_visible);
}
constexpr bool all_printable_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_printable_ascii);
}

/// -1 when `c` is no hexadecimal digit.
constexpr int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

constexpr bool same_ignoring_case(char a, char b) { return to_lower(a) == to_lower(b); }

constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same_ignoring_case);
}

}  // namespace mboxferry
