// SPDX-License-Identifier: Apache-2.0
// Composes, folds and strips letters by two small tables.
#include "plan/name_folding.h"

#include <algorithm>
#include <optional>

#include "mboxferry/base/utf8.h"
#include "plan/letter_tables.h"

namespace mboxferry::plan {
namespace {

constexpr bool is_mark(char32_t c) { return c >= 0x300 && c <= 0x36F; }

constexpr char32_t moved(char32_t c, int distance) {
  return static_cast<char32_t>(static_cast<int>(c) + distance);
}

constexpr bool holds(const FoldedRange& range, char32_t c) {
  return c >= range.first && c <= range.last && (c - range.first) % range.step == 0;
}

char32_t folded(char32_t c) {
  if (c < 0x80) return c >= U'A' && c <= U'Z' ? c + 32 : c;
  for (const FoldedRange& range : kFoldedRanges) {
    if (holds(range, c)) return moved(c, range.distance);
  }
  return c;
}

// The large letter of a small one; the letter itself when it has none.
char32_t unfolded(char32_t c) {
  for (const FoldedRange& range : kFoldedRanges) {
    const char32_t large = moved(c, -range.distance);
    if (holds(range, large)) return large;
  }
  return c;
}

std::optional<char32_t> with_mark(char32_t base, char32_t mark) {
  const char32_t small = folded(base);
  for (const AccentedLetter& row : kAccentedLetters) {
    if (row.base != small || row.mark != mark) continue;
    return base == small ? row.letter : unfolded(row.letter);
  }
  return std::nullopt;
}

// The letter without its accents, in the same case.
char32_t without_marks(char32_t c) {
  for (;;) {
    const auto* const row = std::lower_bound(
        kAccentedLetters.begin(), kAccentedLetters.end(), c,
        [](const AccentedLetter& each, char32_t letter) { return each.letter < letter; });
    if (row == kAccentedLetters.end() || row->letter != c) return c;
    c = row->base;
  }
}

// Calls `visit` with each code point, and copies bytes that are none.
template <typename Visit>
std::string rewritten(std::string_view text, const Visit& visit) {
  std::string out;
  while (!text.empty()) {
    if (const auto code_point = take_code_point(text)) {
      visit(*code_point, out);
    } else {
      out += text.front();
      text.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace

std::string composed(std::string_view text) {
  char32_t last = 0;
  std::size_t last_at = 0;
  std::size_t last_end = 0;  // `last` is what `out` ends with, if it ends here
  return rewritten(text, [&](char32_t c, std::string& out) {
    const auto whole = is_mark(c) && last_end == out.size() ? with_mark(last, c) : std::nullopt;
    if (whole) {
      out.resize(last_at);
      c = *whole;
    }
    last = c;
    last_at = out.size();
    append_utf8(out, c);
    last_end = out.size();
  });
}

std::string comparable_path(std::string_view path) {
  constexpr std::string_view kInbox = "INBOX";
  std::string text = composed(path);
  const std::string first = text.substr(0, text.find('/'));
  if (fold_case(first) == fold_case(kInbox)) text.replace(0, first.size(), kInbox);
  return text;
}

std::string fold_case(std::string_view text) {
  return rewritten(composed(text),
                   [](char32_t c, std::string& out) { append_utf8(out, folded(c)); });
}

std::string fold_letters(std::string_view text) {
  return rewritten(fold_case(text), [](char32_t c, std::string& out) {
    if (!is_mark(c)) append_utf8(out, without_marks(c));
  });
}

}  // namespace mboxferry::plan
