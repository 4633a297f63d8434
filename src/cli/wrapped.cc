// SPDX-License-Identifier: Apache-2.0
// Words, as many a line as fit.
#include "cli/wrapped.h"

namespace mboxferry::cli {

std::vector<std::string> wrapped(std::string_view text, std::size_t columns) {
  constexpr std::string_view kBlanks = " \n";
  std::vector<std::string> lines(1);
  for (std::size_t at = text.find_first_not_of(kBlanks); at < text.size();) {
    const std::string_view word = text.substr(at, text.find_first_of(kBlanks, at) - at);
    at = text.find_first_not_of(kBlanks, at + word.size());
    if (!lines.back().empty() && lines.back().size() + 1 + word.size() > columns)
      lines.emplace_back();
    if (!lines.back().empty()) lines.back() += ' ';
    lines.back() += word;
  }
  return lines;
}

}  // namespace mboxferry::cli
