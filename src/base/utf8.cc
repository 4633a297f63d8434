// SPDX-License-Identifier: Apache-2.0
// UTF-8, and what stands in where text turns out to be none.
#include "mboxferry/base/utf8.h"

#include <cstddef>

namespace mboxferry {
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

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    if (!take_code_point(text)) return false;
  }
  return true;
}

std::string latin1_to_utf8(std::string_view text) {
  std::string utf8;
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x80) {
      utf8 += c;
    } else {
      utf8 += static_cast<char>(0xC0 | code >> 6);
      utf8 += static_cast<char>(0x80 | (code & 0x3F));
    }
  }
  return utf8;
}

std::string to_utf8(std::string_view text) {
  return is_utf8(text) ? std::string(text) : latin1_to_utf8(text);
}

}  // namespace mboxferry
