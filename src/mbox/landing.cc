// SPDX-License-Identifier: Apache-2.0
// Judges the bytes at a message's stated end.
#include "mbox/landing.h"

#include <algorithm>
#include <span>

#include "mbox/follow.h"
#include "mbox/from_line.h"
#include "mbox/text.h"

namespace mboxferry::mbox {

// `bytes` begin one byte before the stated end.
bool Landing::judge(std::string_view bytes, bool at_end) const {
  if (bytes.empty()) return false;
  bool line_start = is_line_end(bytes.front());
  bytes.remove_prefix(1);
  if (bytes.empty()) return at_end;
  const Line blank = first_line(bytes, lone_cr_);
  if (blank.has_line_end && blank.text.empty()) {
    line_start = true;
    bytes.remove_prefix(blank.next);
    if (bytes.empty()) return at_end;
  }
  if (!line_start) return false;
  if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
  const Line line = first_line(bytes.substr(0, kMaxFromLine + 2), lone_cr_);
  const auto from = parse_from_line(line.text);
  if (!from) return false;
  const Follow follow = what_follows(bytes.substr(line.next, kFollowBytes),
                                     at_end && bytes.size() - line.next <= kFollowBytes, lone_cr_);
  if (from->form == FromForm::dated) return follow != Follow::text;
  return follow == Follow::known_header;
}

Result<bool> Landing::lands(const Window& window, std::uint64_t offset) {
  if (offset == 0 || (not_after_ && offset >= *not_after_)) return false;
  const std::uint64_t from = offset - 1;
  if (from >= window.base() && (window.at_end() || from + kBytes <= window.end())) {
    const std::string_view bytes = window.view(from, from + kBytes);
    return judge(bytes, window.at_end() && from + bytes.size() == window.end());
  }
  if (from < furthest_ && ++steps_back_ > kStepsBack) return false;
  std::size_t size = 0;
  bool at_end = false;
  while (size < kBytes && !at_end) {
    MBOXFERRY_ASSIGN(const std::size_t got,
                     peek_.read_at(from + size, std::span(buffer_).subspan(size)));
    at_end = got == 0;
    size += got;
  }
  furthest_ = std::max(furthest_, from + size);
  if (size == 0) not_after_ = std::min(not_after_.value_or(offset), offset);
  return judge({buffer_.data(), size}, at_end);
}

}  // namespace mboxferry::mbox
