// SPDX-License-Identifier: Apache-2.0
// Small helpers for the words of IMAP.
#include "imap/text.h"

#include <algorithm>
#include <charconv>

namespace mboxferry::imap {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_letter(char a, char b) { return lower(a) == lower(b); }

constexpr std::size_t kShownLength = 300;

}  // namespace

bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), same_letter);
}

bool starts_with_word(std::string_view text, std::string_view prefix) {
  return same_word(text.substr(0, prefix.size()), prefix);
}

std::size_t find_phrase(std::string_view text, std::string_view phrase) {
  const auto found =
      std::search(text.begin(), text.end(), phrase.begin(), phrase.end(), same_letter);
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

std::optional<char32_t> take_code_point(std::string_view& rest) {
  if (rest.empty()) return std::nullopt;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(rest[i]); };
  const unsigned char first = byte(0);
  std::size_t length = 1;
  char32_t value = first;
  char32_t smallest = 0;
  if (first >= 0x80) {
    if (first >= 0xc2 && first <= 0xdf) {
      length = 2, value = first & 0x1fU, smallest = 0x80;
    } else if ((first & 0xf0U) == 0xe0U) {
      length = 3, value = first & 0x0fU, smallest = 0x800;
    } else if (first >= 0xf0 && first <= 0xf4) {
      length = 4, value = first & 0x07U, smallest = 0x10000;
    } else {
      return std::nullopt;
    }
  }
  if (rest.size() < length) return std::nullopt;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) return std::nullopt;
    value = (value << 6U) | (byte(i) & 0x3fU);
  }
  if (value < smallest || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
    return std::nullopt;
  }
  rest.remove_prefix(length);
  return value;
}

void append_utf8(std::string& out, char32_t code_point) {
  const auto add = [&](char32_t byte) {
    out += static_cast<char>(static_cast<unsigned char>(byte));
  };
  if (code_point < 0x80) {
    add(code_point);
  } else if (code_point < 0x800) {
    add(0xc0U | (code_point >> 6U));
    add(0x80U | (code_point & 0x3fU));
  } else if (code_point < 0x10000) {
    add(0xe0U | (code_point >> 12U));
    add(0x80U | ((code_point >> 6U) & 0x3fU));
    add(0x80U | (code_point & 0x3fU));
  } else {
    add(0xf0U | (code_point >> 18U));
    add(0x80U | ((code_point >> 12U) & 0x3fU));
    add(0x80U | ((code_point >> 6U) & 0x3fU));
    add(0x80U | (code_point & 0x3fU));
  }
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t present = std::min<std::size_t>(3, bytes.size() - i);
    unsigned group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = (group << 8U) | (k < present ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += k <= present ? kAlphabet[(group >> (18U - 6U * k)) & 0x3fU] : '=';
    }
  }
  return out;
}

}  // namespace mboxferry::imap
