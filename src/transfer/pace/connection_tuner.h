// SPDX-License-Identifier: Apache-2.0
// How many connections help, from what was tried.
#pragma once

#include <chrono>
#include <cstdint>

#include "mboxferry/base/time.h"
#include "mboxferry/journal/journal.h"

namespace mboxferry::transfer {

/// Notes that the server refused more than `most` connections.
Result<void> note_connection_limit(int most, journal::Journal& journal, Clock& clock);

/// `wanted`, or fewer when the server refused so many within a day: who else was connected then may
/// be gone by tomorrow.
Result<int> limited_connections(int wanted, const journal::Journal& journal, Clock& clock);

/// More connections let a server work on several batches at once, and on a narrow line they only
/// take each other's packets. Neither can be known beforehand, so one more is tried, and kept when
/// the job gets faster by it. Where the network does not hold up the first one, all others are
/// tried soon: it is the server that takes its time. One thread at a time.
class ConnectionTuner {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  /// `fixed`: nothing is tried, all are used.
  ConnectionTuner(int most, bool fixed) : most_(most), fixed_(fixed), wanted_(fixed ? most : 1) {}

  /// How many there should be.
  [[nodiscard]] int wanted() const { return wanted_; }
  /// True as long as `network_free` below can make a difference.
  [[nodiscard]] bool at_first_look() const { return first_look_ && !fixed_ && most_ > 1; }
  /// What was stored since the last call, over all of the `live` connections. `network_free`: it is
  /// known that the network has not held them up so far.
  void stored(const journal::Count& count, int live, bool network_free, TimePoint now);
  /// There may be only so many: the server said so.
  void limit(int most);

 private:
  void begin_window(TimePoint now);
  [[nodiscard]] double rate(TimePoint now) const;
  void judge(double rate, TimePoint now);
  void try_with(int connections, double rate);

  int most_;
  const bool fixed_;
  int wanted_;
  bool first_look_ = true;
  int before_ = 0;  ///< how many there were before the trial; 0: no trial
  double rate_before_ = 0;
  bool settled_ = false;  ///< more did not help
  TimePoint settled_at_;
  int measured_with_ = 0;  ///< live connections of the current window
  bool warming_up_ = true;
  TimePoint window_begin_;
  journal::Count in_window_;
  int answers_ = 0;
};

}  // namespace mboxferry::transfer
