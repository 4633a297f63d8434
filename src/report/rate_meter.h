// SPDX-License-Identifier: Apache-2.0
// How fast something goes.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>

#include "mboxferry/report/progress.h"

namespace mboxferry::report {

/// The rate over the last ten seconds or so.
class RateMeter {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  void add(Moment now, std::uint64_t messages, std::uint64_t bytes) {
    latest_ = {now, messages, bytes};
    if (points_.empty() || now - points_.back().at >= std::chrono::seconds(1)) {
      points_.push_back(latest_);
      if (points_.size() > 11) points_.pop_front();
    }
  }

  [[nodiscard]] Rate rate() const {
    if (points_.empty()) return {};
    const Point& oldest = points_.front();
    const double seconds = std::chrono::duration<double>(latest_.at - oldest.at).count();
    if (seconds < 0.2 || latest_.bytes < oldest.bytes || latest_.messages < oldest.messages)
      return {};
    return {static_cast<double>(latest_.messages - oldest.messages) / seconds,
            static_cast<double>(latest_.bytes - oldest.bytes) / seconds};
  }

 private:
  struct Point {
    Moment at;
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
  };
  std::deque<Point> points_;
  Point latest_;
};

}  // namespace mboxferry::report
