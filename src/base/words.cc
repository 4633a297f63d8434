// SPDX-License-Identifier: Apache-2.0
// Small helpers for the words of mail protocols.
#include "mboxferry/base/words.h"

#include <algorithm>
#include <charconv>
#include <functional>

#include "mboxferry/base/ascii.h"
#include "mboxferry/base/utf8.h"

namespace mboxferry {
namespace {

constexpr std::size_t kShownLength = 300;

}  // namespace

bool same_word(std::string_view a, std::string_view b) { return equals_ignoring_case(a, b); }

bool starts_with_word(std::string_view text, std::string_view prefix) {
  return same_word(text.substr(0, prefix.size()), prefix);
}

std::size_t find_phrase(std::string_view text, std::string_view phrase) {
  const auto found =
      std::search(text.begin(), text.end(), phrase.begin(), phrase.end(), same_ignoring_case);
  return found == text.end() ? std::string_view::npos
                             : static_cast<std::size_t>(found - text.begin());
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

std::string_view take_word(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return word;
}

std::optional<std::uint64_t> parse_number(std::string_view digits) {
  std::uint64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (digits.empty() || error != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty() && out.size() < kShownLength) {
    std::string_view rest = text;
    const auto code_point = take_code_point(rest);
    const bool shown = code_point && *code_point >= 0x20 &&
                       !(*code_point >= 0x7f && *code_point < 0xa0) &&
                       !(*code_point >= 0x202a && *code_point <= 0x202e);
    const std::size_t length = code_point ? text.size() - rest.size() : 1;
    out += shown ? text.substr(0, length) : std::string_view("?");
    text.remove_prefix(length);
  }
  if (!text.empty()) out += "...";
  return out;
}

std::string printable_ascii(std::string_view text, std::size_t most) {
  std::string shown(text.substr(0, most));
  std::replace_if(shown.begin(), shown.end(), std::not_fn(is_printable_ascii), '?');
  return shown;
}

}  // namespace mboxferry
