// SPDX-License-Identifier: Apache-2.0
// When two texts say the same with other numbers.
#pragma once

#include <string>
#include <string_view>

namespace mboxferry {

/// The text with one `0` for each run of digits: the same for two reasons that differ in numbers.
inline std::string without_figures(std::string_view text) {
  std::string plain;
  bool in_figure = false;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit) plain += c;
    if (digit && !in_figure) plain += '0';
    in_figure = digit;
  }
  return plain;
}

}  // namespace mboxferry
