// SPDX-License-Identifier: Apache-2.0
// A target that takes messages no faster than a throttle allows.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "mboxferry/base/time.h"
#include "mboxferry/imap/target.h"
#include "mboxferry/transfer/rate_limits.h"
#include "transfer/pace/tracker.h"

namespace mboxferry::transfer {

/// Messages and bytes per second, shared by all connections that a limit holds for. Who wants to
/// send books it here and waits as long as he is told; bookings line up, so nobody starves. A
/// tenth of a second that was not used may be caught up with, more not. Any thread.
class Throttle {
 public:
  /// `clock` is not owned.
  Throttle(const RateLimits& limits, Clock& clock);

  /// Books one message, and says how long to wait before it.
  std::chrono::steady_clock::duration book_message();
  /// Books the next bytes of a message, and says how long to wait before them.
  std::chrono::steady_clock::duration book_bytes(std::size_t bytes);

  /// How many bytes to book at a time: a tenth of a second's, and at most a TLS record.
  [[nodiscard]] std::size_t piece() const;
  /// "limited to 100 messages/s", for people.
  [[nodiscard]] const std::string& description() const { return description_; }

 private:
  /// One limit: when the next booking's turn comes.
  struct Line {
    double per_second = 0;
    std::chrono::steady_clock::time_point turn;
  };
  std::chrono::steady_clock::duration book(Line& line, double amount);

  Clock& clock_;
  std::string description_;
  std::mutex mutex_;
  Line messages_;
  Line bytes_;
};

/// How much a batch may hold, at least one message.
struct BatchBound {
  std::size_t messages;
  std::uint64_t bytes;
};
/// What `connections` together send in two seconds, for one of them: an interrupt waits for the
/// batches in flight.
BatchBound largest_batch(const RateLimits& limits, std::size_t connections);

/// A target that passes everything on to `target` and paces the literals of append(), each message
/// and within large ones. While it pauses, what the server says is taken in. Pauses are not ended
/// by an interrupt: a batch that has begun is finished at the allowed rate; see largest_batch().
/// `throttle`, `clock` and `tracker` are shared and not owned.
std::unique_ptr<imap::Target> throttled(std::unique_ptr<imap::Target> target, Throttle& throttle,
                                        Clock& clock, Tracker& tracker);

}  // namespace mboxferry::transfer
