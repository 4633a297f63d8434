// SPDX-License-Identifier: Apache-2.0
// Percent-encoding.
#include "mboxferry/base/percent.h"

#include "mboxferry/base/ascii.h"

namespace mboxferry {
namespace {

int percent_digit(char c) {
  if (is_digit(c)) return c - '0';
  const char small = to_lower(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? percent_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? percent_digit(text[i + 2]) : -1;
    if (low < 0) return {};
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

}  // namespace mboxferry
