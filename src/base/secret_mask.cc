// SPDX-License-Identifier: Apache-2.0
// Secrets that others repeat in their texts.
#include "mboxferry/base/secret_mask.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "mboxferry/base/ascii.h"
#include "mboxferry/base/base64.h"
#include "mboxferry/base/utf8.h"

namespace mboxferry {
namespace {

// What so few characters of Base64 stand for is no secret, and they occur in any text.
constexpr std::size_t kShortestBase64 = 6;
constexpr std::size_t kLongestEscape = 6;  // \u0041

/// Where a secret is spelled in a text; `size` is 0 where it is not.
struct Place {
  std::size_t at = std::string_view::npos;
  std::size_t size = 0;
};

/// The number that `digits` hexadecimal digits at the beginning of `text` are.
std::optional<std::uint32_t> hexadecimal(std::string_view text, std::size_t digits) {
  if (text.size() < digits) return {};
  std::uint32_t number = 0;
  for (const char c : text.substr(0, digits)) {
    const int digit = hex_value(c);
    if (digit < 0) return {};
    number = number * 16 + static_cast<std::uint32_t>(digit);
  }
  return number;
}

/// What the beginning of a text stands for, and how long that beginning is.
struct Unit {
  std::string bytes;
  std::size_t size = 1;
};

/// `%` or `=`, and two digits; `+` for a space.
Unit url_unit(std::string_view text) {
  if (text.front() == '%' || text.front() == '=') {
    if (const auto byte = hexadecimal(text.substr(1), 2))
      return {std::string(1, static_cast<char>(*byte)), 3};
  }
  return {std::string(1, text.front())};
}

bool is_surrogate(std::uint32_t unit) { return unit >= 0xd800 && unit < 0xe000; }

/// `\u0041` (two of them beyond U+FFFF), `\x41`, `\n`; a backslash before anything else is not
/// meant.
Unit backslash_unit(std::string_view text) {
  if (text.front() != '\\' || text.size() < 2) return {std::string(1, text.front())};
  const char kind = text[1];
  if (const auto unit = kind == 'u' ? hexadecimal(text.substr(2), 4) : std::nullopt) {
    Unit found{"", kLongestEscape};
    char32_t code_point = *unit;
    if (is_surrogate(*unit)) {
      const auto low = text.substr(6, 2) == "\\u" ? hexadecimal(text.substr(8), 4) : std::nullopt;
      if (!low || *unit >= 0xdc00 || *low < 0xdc00 || *low >= 0xe000) return found;
      code_point = 0x10000 + ((*unit - 0xd800) << 10U) + (*low - 0xdc00);
      found.size = 2 * kLongestEscape;
    }
    append_utf8(found.bytes, code_point);
    return found;
  }
  if (const auto byte = kind == 'x' ? hexadecimal(text.substr(2), 2) : std::nullopt)
    return {std::string(1, static_cast<char>(*byte)), 4};
  constexpr std::string_view kLetters = "bfnrt";
  constexpr std::string_view kMeant = "\b\f\n\r\t";
  const std::size_t letter = kLetters.find(kind);
  return {std::string(1, letter == kLetters.npos ? kind : kMeant[letter]), 2};
}

/// How many bytes at the beginning of `text` spell `secret` in units; 0 when they do not.
template <typename UnitOf>
std::size_t spelled(std::string_view text, std::string_view secret, UnitOf unit_of) {
  std::size_t at = 0;
  while (!secret.empty()) {
    if (at >= text.size()) return 0;
    // A space is `+` in a form.
    if (secret.front() == ' ' && text[at] == '+') {
      secret.remove_prefix(1);
      ++at;
      continue;
    }
    const Unit unit = unit_of(text.substr(at));
    if (unit.bytes.empty() || !secret.starts_with(unit.bytes)) return 0;
    secret.remove_prefix(unit.bytes.size());
    at += unit.size;
  }
  return at;
}

template <typename UnitOf>
Place find_spelled(std::string_view text, std::size_t from, std::size_t end,
                   std::string_view secret, UnitOf unit_of) {
  for (std::size_t at = from; at < end; ++at) {
    if (const std::size_t size = spelled(text.substr(at), secret, unit_of)) return {at, size};
  }
  return {};
}

template <typename Same>
Place find_letters(std::string_view text, std::size_t from, std::string_view letters, Same same) {
  const auto found = std::search(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(),
                                 letters.begin(), letters.end(), same);
  if (letters.empty() || found == text.end()) return {};
  return {static_cast<std::size_t>(found - text.begin()), letters.size()};
}

/// The same digit of Base64, whichever of both alphabets it is from (RFC 4648 sections 4 and 5).
bool same_base64_digit(char a, char b) {
  const auto common = [](char c) { return c == '-' ? '+' : c == '_' ? '/' : c; };
  return common(a) == common(b);
}

Secret in_hexadecimal(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string digits;
  digits.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    digits += kDigits[byte >> 4U];
    digits += kDigits[byte & 15U];
  }
  return Secret(std::move(digits));
}

/// The digits of Base64 that `bytes` alone decide when `before` other bytes stand before them.
Secret in_base64(std::string_view bytes, std::size_t before) {
  std::string all;
  all.reserve(before + bytes.size());
  all.append(before, '\0').append(bytes);
  const Secret padded(std::move(all));
  const Secret digits(base64(padded.reveal()));
  const std::size_t first = (8 * before + 5) / 6;
  const std::size_t last = 8 * (before + bytes.size()) / 6;
  if (last < first + kShortestBase64) return {};
  return Secret(std::string(digits.reveal().substr(first, last - first)));
}

}  // namespace

void SecretMask::hide(const Secret& secret) {
  const std::string_view bytes = secret.reveal();
  if (bytes.empty()) return;
  for (const Hidden& known : hidden_)
    if (known.plain.reveal() == bytes) return;
  hidden_.push_back({secret,
                     in_hexadecimal(bytes),
                     {in_base64(bytes, 0), in_base64(bytes, 1), in_base64(bytes, 2)}});
  longest_ = std::max(longest_, kLongestEscape * bytes.size());
}

std::string SecretMask::masked(std::string_view text, std::size_t most) const {
  const bool has_url_units = text.find_first_of("%=+") != text.npos;
  const bool has_backslashes = text.find('\\') != text.npos;
  std::string shown;
  std::size_t at = 0;
  const std::size_t end = std::min(most, text.size());
  while (at < end) {
    Place next{end, 0};  // the first secret, of several there the longest
    const auto consider = [&](Place place) {
      if (place.at < next.at || (place.at == next.at && place.at < end && place.size > next.size))
        next = place;
    };
    for (const Hidden& hidden : hidden_) {
      const std::string_view plain = hidden.plain.reveal();
      consider({text.find(plain, at), plain.size()});
      if (has_url_units) consider(find_spelled(text, at, end, plain, url_unit));
      if (has_backslashes) consider(find_spelled(text, at, end, plain, backslash_unit));
      consider(find_letters(text, at, hidden.hexadecimal.reveal(), same_ignoring_case));
      for (const Secret& digits : hidden.base64)
        consider(find_letters(text, at, digits.reveal(), same_base64_digit));
    }
    shown += text.substr(at, next.at - at);
    if (next.size > 0) shown += "***";
    at = next.at + next.size;
  }
  return shown;
}

}  // namespace mboxferry
