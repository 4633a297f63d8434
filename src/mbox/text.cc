// SPDX-License-Identifier: Apache-2.0
// Cutting lines.
#include "mbox/text.h"

namespace mboxferry::mbox {
namespace {

constexpr std::size_t kBlock = 256;

// False: `From ` begins at none of the kBlock places from `text` on. Looks at kBlock + 4 bytes. The
// loop has no exit, so that the compiler makes it compare many bytes at once.
bool may_begin_here(const char* text) {
  unsigned char any = 0;
  for (std::size_t i = 0; i < kBlock; ++i) {
    const bool first = text[i] == kFrom.front();
    const bool last = text[i + kFrom.size() - 1] == kFrom.back();
    any |= static_cast<unsigned char>(static_cast<unsigned char>(first) &
                                      static_cast<unsigned char>(last));
  }
  return any != 0;
}

}  // namespace

std::size_t find_from(std::string_view text) {
  constexpr std::size_t kSeen = kBlock + kFrom.size() - 1;
  std::size_t at = 0;
  for (; text.size() - at >= kSeen; at += kBlock) {
    if (!may_begin_here(text.data() + at)) continue;
    const std::size_t found = text.substr(at, kSeen).find(kFrom);
    if (found != std::string_view::npos) return at + found;
  }
  return text.find(kFrom, at);
}

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
