// SPDX-License-Identifier: Apache-2.0
// Terminal-safe text and human numbers.
#include "mboxferry/report/printable.h"

#include <fmt/format.h>
#include <sys/ioctl.h>

#include <charconv>
#include <cstdlib>
#include <vector>

namespace mboxferry::report {
namespace {

struct Decoded {
  char32_t character = 0;
  std::size_t length = 0;  ///< 0: no UTF-8 here
};

/// The first character of `text`, which is not empty (RFC 3629: no overlong forms, no surrogates).
Decoded decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return {first, 1};
  std::size_t length = 0;
  char32_t character = 0;
  if (first >= 0xc2 && first <= 0xdf) {
    length = 2;
    character = first & 0x1fu;
  } else if (first >= 0xe0 && first <= 0xef) {
    length = 3;
    character = first & 0x0fu;
  } else if (first >= 0xf0 && first <= 0xf4) {
    length = 4;
    character = first & 0x07u;
  }
  if (length == 0 || text.size() < length) return {};
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0u) != 0x80u) return {};
    character = (character << 6) | (byte(i) & 0x3fu);
  }
  const bool overlong = (length == 3 && character < 0x800) || (length == 4 && character < 0x10000);
  const bool surrogate = character >= 0xd800 && character <= 0xdfff;
  if (overlong || surrogate || character > 0x10ffff) return {};
  return {character, length};
}

bool drives_terminal(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x061c || (c >= 0x200e && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

}  // namespace

DrivingCharacter driving_character(std::string_view text) {
  if (text.empty()) return {};
  const Decoded first = decode(text);
  if (first.length == 0 || !drives_terminal(first.character)) return {};
  return {first.character, first.length};
}

std::string printable(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  while (!text.empty()) {
    const Decoded decoded = decode(text);
    if (decoded.length == 0) {
      safe += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
      text.remove_prefix(1);
      continue;
    }
    if (!drives_terminal(decoded.character)) {
      safe += text.substr(0, decoded.length);
    } else if (decoded.length == 1) {
      safe += fmt::format("\\x{:02x}", static_cast<unsigned>(decoded.character));
    } else {
      safe += fmt::format("\\u{:04x}", static_cast<unsigned>(decoded.character));
    }
    text.remove_prefix(decoded.length);
  }
  return safe;
}

std::string shortened(std::string_view text, std::size_t columns) {
  std::string safe = printable(text);
  constexpr std::string_view kMore = "...";
  std::size_t characters = 0;
  std::size_t cut = safe.size();
  for (std::size_t i = 0; i < safe.size(); ++i) {
    if ((static_cast<unsigned char>(safe[i]) & 0xc0u) == 0x80u) continue;
    if (characters + kMore.size() == columns) cut = i;
    if (++characters > columns) return safe.substr(0, cut) + std::string(kMore);
  }
  return safe;
}

std::string shortened_in_middle(std::string_view text, std::size_t columns) {
  const std::string safe = printable(text);
  constexpr std::string_view kMore = "...";
  std::vector<std::size_t> starts;  // of characters
  for (std::size_t i = 0; i < safe.size(); ++i) {
    if ((static_cast<unsigned char>(safe[i]) & 0xc0u) != 0x80u) starts.push_back(i);
  }
  if (starts.size() <= columns) return safe;
  if (columns <= kMore.size()) return std::string(kMore.substr(0, columns));
  const std::size_t kept = columns - kMore.size();
  const std::size_t tail = kept / 2;
  const std::size_t tail_at = tail == 0 ? safe.size() : starts[starts.size() - tail];
  return safe.substr(0, starts[kept - tail]) + std::string(kMore) + safe.substr(tail_at);
}

std::size_t columns_of(int descriptor) {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0) return size.ws_col;
  const char* const told = std::getenv("COLUMNS");
  if (told == nullptr) return kAnyColumns;
  const std::string_view text = told;
  std::size_t columns = kAnyColumns;
  std::from_chars(text.data(), text.data() + text.size(), columns);
  return columns;
}

std::string counted(std::uint64_t count, std::string_view singular) {
  const bool sibilant = singular.ends_with("x");
  return fmt::format("{} {}{}", count, singular, count == 1 ? "" : sibilant ? "es" : "s");
}

std::string human_duration(double seconds) {
  if (!(seconds > 0)) return "0s";
  if (seconds < 9.95) return fmt::format("{:.1f}s", seconds);
  constexpr double kLong = 1e9;
  const auto whole = static_cast<std::uint64_t>(seconds < kLong ? seconds + 0.5 : kLong);
  if (whole >= 3600) return fmt::format("{}h {:02}m", whole / 3600, whole / 60 % 60);
  if (whole >= 60) return fmt::format("{}m {:02}s", whole / 60, whole % 60);
  return fmt::format("{}s", whole);
}

}  // namespace mboxferry::report
