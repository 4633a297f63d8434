// SPDX-License-Identifier: Apache-2.0
// A fixed piece of a folder that slides forward over it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "mboxferry/base/byte_source.h"

namespace mboxferry::mbox {

/// How the scanner divides its memory. Only `step` may vary without changing a decision.
struct WindowSizes {
  std::size_t behind = std::size_t{8} << 10;       ///< kept before the place that is looked at
  std::size_t step = std::size_t{1} << 20;         ///< looked at between two reads
  std::size_t lookahead = std::size_t{512} << 10;  ///< known beyond the place that is looked at
};

class Window {
 public:
  Window(ByteSource& source, std::uint64_t start, const WindowSizes& sizes)
      : source_(source),
        sizes_(sizes),
        capacity_(sizes.behind + sizes.step + sizes.lookahead),
        buffer_(std::make_unique_for_overwrite<char[]>(capacity_)),
        base_(start) {}

  /// Where the window will begin after slide(position).
  [[nodiscard]] std::uint64_t next_base(std::uint64_t position) const;

  /// Drops what lies more than `behind` bytes before `position` and reads on.
  Result<void> slide(std::uint64_t position);

  [[nodiscard]] std::uint64_t base() const { return base_; }
  [[nodiscard]] std::uint64_t end() const { return base_ + size_; }
  /// True when the folder ends at end().
  [[nodiscard]] bool at_end() const { return at_end_; }
  /// Places before this one have the whole lookahead behind them, or the folder's end.
  [[nodiscard]] std::uint64_t limit() const {
    if (at_end_) return end();
    return size_ > sizes_.lookahead ? end() - sizes_.lookahead : base_;
  }
  [[nodiscard]] char at(std::uint64_t offset) const {
    return buffer_[static_cast<std::size_t>(offset - base_)];
  }
  /// The bytes [from, to), cut to what is known. `from` must not lie before base().
  [[nodiscard]] std::string_view view(std::uint64_t from, std::uint64_t to) const;

 private:
  ByteSource& source_;
  const WindowSizes sizes_;
  const std::size_t capacity_;
  std::unique_ptr<char[]> buffer_;  // not zeroed: most folders are smaller
  std::uint64_t base_;
  std::size_t size_ = 0;
  bool at_end_ = false;
};

}  // namespace mboxferry::mbox
