// SPDX-License-Identifier: Apache-2.0
// Cutting lines.
#include "mbox/text.h"

namespace mboxferry::mbox {

Line first_line(std::string_view text, bool lone_cr) {
  const std::size_t end = lone_cr ? text.find_first_of("\r\n") : text.find('\n');
  if (end == std::string_view::npos) return {text, text.size(), false};
  if (text[end] == '\r') {
    const bool crlf = end + 1 < text.size() && text[end + 1] == '\n';
    return {text.substr(0, end), end + (crlf ? 2 : 1), true};
  }
  const bool crlf = end > 0 && text[end - 1] == '\r';
  return {text.substr(0, crlf ? end - 1 : end), end + 1, true};
}

}  // namespace mboxferry::mbox
