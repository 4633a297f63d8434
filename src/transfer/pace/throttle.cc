// SPDX-License-Identifier: Apache-2.0
// Rates, kept by giving every booking its turn (the generic cell rate algorithm of ITU-T I.371).
#include "transfer/pace/throttle.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace mboxferry::transfer {
namespace {

using Duration = std::chrono::steady_clock::duration;

constexpr std::chrono::milliseconds kCatchUp{100};
constexpr std::uint64_t kRecord = 16u << 10;
constexpr double kBatchSeconds = 2;

std::string describe(const RateLimits& limits) {
  std::string text;
  if (limits.messages_per_second > 0)
    text = fmt::format("limited to {:g} messages/s", limits.messages_per_second);
  if (limits.bytes_per_second > 0)
    text +=
        fmt::format("{} {} bytes/s", text.empty() ? "limited to" : " and", limits.bytes_per_second);
  return text;
}

}  // namespace

Throttle::Throttle(const RateLimits& limits, Clock& clock)
    : clock_(clock),
      description_(describe(limits)),
      messages_{limits.messages_per_second, clock.now()},
      bytes_{static_cast<double>(limits.bytes_per_second), clock.now()} {}

Duration Throttle::book_message() { return book(messages_, 1); }

Duration Throttle::book_bytes(std::size_t bytes) {
  return book(bytes_, static_cast<double>(bytes));
}

Duration Throttle::book(Line& line, double amount) {
  if (line.per_second <= 0) return {};
  const std::scoped_lock lock(mutex_);
  const auto now = clock_.now();
  line.turn = std::max(line.turn, now - kCatchUp);
  const Duration wait = std::max(line.turn - now, Duration::zero());
  line.turn +=
      std::chrono::duration_cast<Duration>(std::chrono::duration<double>(amount / line.per_second));
  return wait;
}

std::size_t Throttle::piece() const {
  if (bytes_.per_second <= 0) return std::numeric_limits<std::size_t>::max();
  return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(bytes_.per_second) / 10, 1, kRecord);
}

BatchBound largest_batch(const RateLimits& limits, std::size_t connections) {
  BatchBound bound{std::numeric_limits<std::size_t>::max(),
                   std::numeric_limits<std::uint64_t>::max()};
  const double share = kBatchSeconds / static_cast<double>(std::max<std::size_t>(connections, 1));
  const auto most = [&](double per_second) {
    return static_cast<std::uint64_t>(std::clamp(per_second * share, 1.0, 1e15));
  };
  if (limits.messages_per_second > 0) bound.messages = most(limits.messages_per_second);
  if (limits.bytes_per_second > 0) bound.bytes = most(static_cast<double>(limits.bytes_per_second));
  return bound;
}

}  // namespace mboxferry::transfer
