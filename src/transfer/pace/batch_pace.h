// SPDX-License-Identifier: Apache-2.0
// How large batches are and how many are under way, from what the server shows it can do.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "mboxferry/transfer/settings.h"

namespace mboxferry::transfer {

/// A server commits once a batch: one that takes it a second makes the commit cheap, and a longer
/// one only means more to reconcile after a lost connection. So a batch grows until it takes that
/// long; and as many are under way as hide the time between the last byte and the answer. One
/// connection's; one thread.
class BatchPace {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  explicit BatchPace(const BatchLimits& most) : most_(most) {}

  [[nodiscard]] std::size_t messages() const;
  [[nodiscard]] std::uint64_t bytes() const;
  /// How many batches may be under way.
  [[nodiscard]] std::size_t in_flight() const;

  /// An answer to a whole batch of `messages`, whose first byte was sent at `begun` and whose last
  /// one at `ended`.
  void answered(std::size_t messages, std::uint64_t bytes, TimePoint begun, TimePoint ended,
                TimePoint now);
  /// A batch was refused or a connection lost: the next ones are smaller.
  void trouble();

 private:
  const BatchLimits most_;
  double share_ = 1.0 / 128;  ///< of the largest batch
  std::optional<TimePoint> last_answer_;
  std::chrono::duration<double> service_{0};               ///< between two answers, smoothed
  std::optional<std::chrono::duration<double>> shortest_;  ///< from last byte to answer
};

}  // namespace mboxferry::transfer
