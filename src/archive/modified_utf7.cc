// SPDX-License-Identifier: Apache-2.0
// Modified UTF-7: base64 of UTF-16 between `&` and `-`, with `,` for `/`.
#include "archive/modified_utf7.h"

#include <cstdint>

namespace mboxferry::archive {
namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

void append_utf8(std::string& text, std::uint32_t code) {
  const auto add = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
  const auto add_rest = [&](unsigned shift) { add(0x80U | ((code >> shift) & 0x3fU)); };
  if (code < 0x80) return add(code);
  if (code < 0x800) {
    add(0xc0U | code >> 6U);
  } else if (code < 0x10000) {
    add(0xe0U | code >> 12U);
    add_rest(6);
  } else {
    add(0xf0U | code >> 18U);
    add_rest(12);
    add_rest(6);
  }
  add_rest(0);
}

/// Joins UTF-16 units to characters.
class Utf16Decoder {
 public:
  explicit Utf16Decoder(std::string& text) : text_(text) {}

  bool add(std::uint32_t unit) {
    const bool high = unit >= 0xd800 && unit < 0xdc00;
    const bool low = unit >= 0xdc00 && unit < 0xe000;
    if (low != (high_ != 0)) return false;
    if (high) {
      high_ = unit;
    } else {
      append_utf8(text_, low ? 0x10000 + ((high_ - 0xd800) << 10U) + (unit - 0xdc00) : unit);
      high_ = 0;
    }
    return unit != 0;
  }
  [[nodiscard]] bool whole() const { return high_ == 0; }

 private:
  std::string& text_;
  std::uint32_t high_ = 0;
};

bool decode_base64(std::string_view digits, std::string& text) {
  Utf16Decoder decoder(text);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char digit : digits) {
    const std::size_t value = kDigits.find(digit);
    if (value == std::string_view::npos) return false;
    bits = (bits << 6U | static_cast<std::uint32_t>(value)) & 0x3fffffU;
    count += 6;
    if (count < 16) continue;
    count -= 16;
    if (!decoder.add((bits >> count) & 0xffffU)) return false;
  }
  const bool only_padding = count < 6 && (bits & ((1U << count) - 1U)) == 0;
  return only_padding && decoder.whole();
}

}  // namespace

std::optional<std::string> decode_modified_utf7(std::string_view name) {
  std::string text;
  while (!name.empty()) {
    const char c = name.front();
    name.remove_prefix(1);
    if (c < 0x20 || c == 0x7f) return std::nullopt;
    if (c != '&') {
      text += c;
      continue;
    }
    const std::size_t end = name.find('-');
    if (end == std::string_view::npos) return std::nullopt;
    if (end == 0) {
      text += '&';
    } else if (!decode_base64(name.substr(0, end), text)) {
      return std::nullopt;
    }
    name.remove_prefix(end + 1);
  }
  return text;
}

}  // namespace mboxferry::archive
