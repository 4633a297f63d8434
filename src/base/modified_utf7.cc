// SPDX-License-Identifier: Apache-2.0
// Modified UTF-7: printable ASCII stands for itself, `&` is `&-`, the rest is UTF-16 in base64
// with `,` for `/`, between `&` and `-`.
#include "mboxferry/base/modified_utf7.h"

#include <cstdint>

#include "mboxferry/base/utf8.h"

namespace mboxferry {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

bool stands_for_itself(char32_t c) { return c >= 0x20 && c <= 0x7e; }

/// Collects UTF-16 units as base64 digits.
class Base64Run {
 public:
  void add(std::uint32_t unit, std::string& out) {
    bits_ = (bits_ << 16U) | unit;
    count_ += 16;
    while (count_ >= 6) {
      count_ -= 6;
      out += kAlphabet[(bits_ >> count_) & 0x3fU];
    }
    bits_ &= (1U << count_) - 1U;
  }
  void finish(std::string& out) {
    if (count_ > 0) out += kAlphabet[(bits_ << (6U - count_)) & 0x3fU];
    bits_ = 0;
    count_ = 0;
  }

 private:
  std::uint32_t bits_ = 0;
  unsigned count_ = 0;
};

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
    const std::size_t value = kAlphabet.find(digit);
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

std::string to_modified_utf7(std::string_view utf8) {
  std::string out;
  Base64Run run;
  bool in_run = false;
  std::string_view rest = utf8;
  while (const auto code_point = take_code_point(rest)) {
    const char32_t c = *code_point;
    if (stands_for_itself(c)) {
      if (in_run) {
        run.finish(out);
        out += '-';
        in_run = false;
      }
      out += static_cast<char>(c);
      if (c == '&') out += '-';
      continue;
    }
    if (!in_run) out += '&';
    in_run = true;
    if (c >= 0x10000) {
      run.add(0xd800U + static_cast<std::uint32_t>((c - 0x10000) >> 10U), out);
      run.add(0xdc00U + static_cast<std::uint32_t>((c - 0x10000) & 0x3ffU), out);
    } else {
      run.add(static_cast<std::uint32_t>(c), out);
    }
  }
  if (in_run) {
    run.finish(out);
    out += '-';
  }
  return out;
}

std::optional<std::string> from_modified_utf7(std::string_view name) {
  std::string text;
  while (!name.empty()) {
    const char c = name.front();
    name.remove_prefix(1);
    if (!stands_for_itself(static_cast<unsigned char>(c))) return std::nullopt;
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

}  // namespace mboxferry
