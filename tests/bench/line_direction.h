// SPDX-License-Identifier: Apache-2.0
// One direction of a line: its delay, and the bandwidth that all connections share.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "bench/delayed_bytes.h"

namespace mboxferry::bench {

/// Says when bytes arrive. One thread.
class LineDirection {
 public:
  /// `bits_per_second` 0: no cap.
  LineDirection(Clock::duration delay, double bits_per_second)
      : delay_(delay), bytes_per_second_(bits_per_second / 8) {}

  /// When `count` bytes that enter at `now` have left at the other end.
  Clock::time_point arrival(Clock::time_point now, std::size_t count) {
    free_at_ = std::max(free_at_, now);
    if (bytes_per_second_ > 0) free_at_ += time_of(static_cast<double>(count));
    return free_at_ + delay_;
  }

  /// How many bytes can enter at once: while the queue before the bottleneck is full, none.
  [[nodiscard]] std::size_t room(Clock::time_point now) const {
    if (bytes_per_second_ <= 0) return kLargestPiece;
    return ready_at() <= now ? kSmallPiece : 0;
  }
  /// True with a cap: connections then take turns with small pieces.
  [[nodiscard]] bool is_shared() const { return bytes_per_second_ > 0; }
  /// When the queue has room for another piece.
  [[nodiscard]] Clock::time_point ready_at() const {
    return free_at_ - time_of(static_cast<double>(kQueue - kSmallPiece));
  }

 private:
  static constexpr std::size_t kQueue = std::size_t{1} << 20U;
  static constexpr std::size_t kLargestPiece = std::size_t{1} << 18U;
  // With a cap a piece arrives as a whole: at 100 Mbit/s these are 1.3 ms.
  static constexpr std::size_t kSmallPiece = std::size_t{1} << 14U;

  [[nodiscard]] Clock::duration time_of(double bytes) const {
    const std::chrono::duration<double> seconds(bytes / bytes_per_second_);
    return std::chrono::duration_cast<Clock::duration>(seconds);
  }

  Clock::duration delay_;
  double bytes_per_second_;
  Clock::time_point free_at_{};
};

}  // namespace mboxferry::bench
