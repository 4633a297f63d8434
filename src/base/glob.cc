// SPDX-License-Identifier: Apache-2.0
// Matches from left to right; only the last `*` is ever tried again, since an earlier one could
// not match more than it does.
#include "mboxferry/base/glob.h"

#include <cstddef>

namespace mboxferry {
namespace {

// Where the character that begins at `at` ends; `at` is inside of `text`.
std::size_t character_end(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(at);
  std::size_t left = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
  for (++at; left > 0 && at < text.size() && (byte(at) & 0xC0) == 0x80; --left) ++at;
  return at;
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) {
  constexpr std::size_t kNone = std::string_view::npos;
  std::size_t in_pattern = 0;
  std::size_t in_text = 0;
  std::size_t behind_star = kNone;  // in the pattern, behind the last `*` seen
  std::size_t star_end = 0;         // in the text, where what that `*` stands for ends
  while (in_text < text.size()) {
    const bool more = in_pattern < pattern.size();
    if (more && pattern[in_pattern] == '*') {
      behind_star = ++in_pattern;
      star_end = in_text;
    } else if (more && pattern[in_pattern] == '?') {
      ++in_pattern;
      in_text = character_end(text, in_text);
    } else if (more && pattern[in_pattern] == text[in_text]) {
      ++in_pattern;
      ++in_text;
    } else if (behind_star != kNone) {
      star_end = character_end(text, star_end);
      in_text = star_end;
      in_pattern = behind_star;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', in_pattern) == kNone;
}

bool is_glob(std::string_view text) { return text.find_first_of("*?") != std::string_view::npos; }

}  // namespace mboxferry
