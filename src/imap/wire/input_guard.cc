// SPDX-License-Identifier: Apache-2.0
// Bounds what a server may send.
#include "imap/wire/input_guard.h"

namespace mboxferry::imap {

void InputGuard::allow(std::uint64_t bytes, std::uint64_t literal) {
  bytes_left_ = bytes;
  literal_limit_ = literal;
}

std::optional<std::string_view> InputGuard::watch(std::string_view bytes) {
  if (bytes.size() > bytes_left_) wrong_ = "its response is longer than a response may be";
  bytes_left_ -= bytes.size() < bytes_left_ ? bytes.size() : bytes_left_;
  for (const char c : bytes) {
    if (!wrong_.empty()) return wrong_;
    step(c);
  }
  return wrong_.empty() ? std::nullopt : std::optional(wrong_);
}

void InputGuard::step(char c) {
  switch (c) {
    case '(':
      if (++depth_ > kDeepest) wrong_ = "its response is nested too deeply";
      break;
    case ')':
      if (depth_ > 0) --depth_;
      break;
    case '\n':
      // A line that announces a literal goes on behind it, and so does its depth.
      if (brace_ == 2) {
        if (number_ > literal_limit_) wrong_ = "it announces a literal that is too long";
      } else {
        depth_ = 0;
      }
      break;
    default:
      break;
  }
  constexpr std::uint64_t kEnough = std::uint64_t{1} << 40U;
  if (c == '{') {
    brace_ = 1;
    number_ = 0;
  } else if (brace_ == 1 && c >= '0' && c <= '9') {
    if (number_ < kEnough) number_ = number_ * 10 + static_cast<std::uint64_t>(c - '0');
  } else if (brace_ == 1 && c == '}') {
    brace_ = 2;
  } else if (!(brace_ == 2 && (c == '\r' || c == ' ' || c == '\t'))) {
    brace_ = 0;
  }
}

}  // namespace mboxferry::imap
