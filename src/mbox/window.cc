// SPDX-License-Identifier: Apache-2.0
// Slides the window over a folder.
#include "mbox/window.h"

#include <algorithm>
#include <cstring>
#include <span>

namespace mboxferry::mbox {

std::uint64_t Window::next_base(std::uint64_t position) const {
  return std::max(base_, position - std::min<std::uint64_t>(position, sizes_.behind));
}

Result<void> Window::slide(std::uint64_t position) {
  const auto drop = static_cast<std::size_t>(next_base(position) - base_);
  if (drop > 0) {
    std::memmove(buffer_.get(), buffer_.get() + drop, size_ - drop);
    base_ += drop;
    size_ -= drop;
  }
  while (!at_end_ && size_ < capacity_) {
    MBOXFERRY_ASSIGN(const std::size_t got,
                     source_.read_at(end(), std::span(buffer_.get(), capacity_).subspan(size_)));
    if (got == 0) at_end_ = true;
    size_ += got;
  }
  return ok();
}

std::string_view Window::view(std::uint64_t from, std::uint64_t to) const {
  const std::uint64_t until = std::min(to, end());
  if (from >= until) return {};
  return {buffer_.get() + (from - base_), static_cast<std::size_t>(until - from)};
}

}  // namespace mboxferry::mbox
