// SPDX-License-Identifier: Apache-2.0
// Bytes on their way through a line, each with the time when it arrives.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <vector>

namespace mboxferry::bench {

using Clock = std::chrono::steady_clock;

/// One direction of one connection: a ring of fixed size. One thread.
class DelayedBytes {
 public:
  explicit DelayedBytes(std::size_t capacity) : ring_(capacity) {}

  [[nodiscard]] bool empty() const { return head_ == tail_; }
  [[nodiscard]] bool full() const { return tail_ - head_ == ring_.size(); }

  /// Where the next bytes can be put, in one piece.
  [[nodiscard]] std::span<char> room() {
    const std::size_t at = tail_ % ring_.size();
    const std::size_t free = ring_.size() - (tail_ - head_);
    return std::span(ring_).subspan(at, std::min(free, ring_.size() - at));
  }
  /// The first `count` bytes of room() arrive at `due`, which never goes back. Bytes that arrive
  /// within a tenth of a millisecond count as one piece, so that their number is bounded.
  void put(std::size_t count, Clock::time_point due) {
    tail_ += count;
    if (!pieces_.empty() && due - pieces_.back().due < std::chrono::microseconds(100))
      pieces_.back().end = tail_;
    else
      pieces_.push_back({tail_, due});
  }

  /// What has arrived by `now`, in one piece.
  [[nodiscard]] std::span<const char> arrived(Clock::time_point now) {
    while (!pieces_.empty() && pieces_.front().due <= now) {
      arrived_ = pieces_.front().end;
      pieces_.pop_front();
    }
    const std::size_t at = head_ % ring_.size();
    return std::span(ring_).subspan(at, std::min(arrived_ - head_, ring_.size() - at));
  }
  void take(std::size_t count) { head_ += count; }
  /// When the next bytes arrive that have not yet.
  [[nodiscard]] std::optional<Clock::time_point> next_due() const {
    if (pieces_.empty()) return std::nullopt;
    return pieces_.front().due;
  }

 private:
  struct Piece {
    std::size_t end;
    Clock::time_point due;
  };

  std::vector<char> ring_;
  std::deque<Piece> pieces_;
  // Counts of all bytes ever, so that head <= arrived <= tail.
  std::size_t head_ = 0;
  std::size_t arrived_ = 0;
  std::size_t tail_ = 0;
};

}  // namespace mboxferry::bench
