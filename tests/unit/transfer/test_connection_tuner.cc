// SPDX-License-Identifier: Apache-2.0
// How many connections a job tries.
#include <catch2/catch.hpp>

#include "transfer/pace/connection_tuner.h"

using namespace mboxferry::transfer;
using std::chrono::milliseconds;

namespace {

/// Stores for `seconds` with as many connections as wanted, `rate[n]` batches a second with n.
class Line {
 public:
  explicit Line(std::vector<int> rate, bool network_free = false)
      : rate_(std::move(rate)), network_free_(network_free) {}

  void run(ConnectionTuner& tuner, int seconds) {
    const auto end = now_ + std::chrono::seconds(seconds);
    while (now_ < end) {
      const int live = tuner.wanted();
      most_ = std::max(most_, live);
      now_ += milliseconds(1000 / rate_[static_cast<std::size_t>(live)]);
      tuner.stored({100, 1'000'000}, live, network_free_, now_);
    }
  }
  [[nodiscard]] int most() const { return most_; }

 private:
  std::vector<int> rate_;
  bool network_free_;
  std::chrono::steady_clock::time_point now_{};
  int most_ = 0;
};

}  // namespace

TEST_CASE("connections are added as long as they help") {
  ConnectionTuner tuner(4, false);
  Line line({0, 20, 30, 36, 40});
  line.run(tuner, 6);
  CHECK(tuner.wanted() == 4);
}

TEST_CASE("where the network is free all connections are tried within a moment") {
  ConnectionTuner tuner(4, false);
  Line line({0, 20, 30, 36, 40}, true);
  line.run(tuner, 1);
  CHECK(tuner.wanted() == 4);
  line.run(tuner, 6);
  CHECK(tuner.wanted() == 4);
}

TEST_CASE("all go again when the server is no faster with them") {
  ConnectionTuner tuner(4, false);
  Line line({0, 20, 20, 15, 12}, true);
  line.run(tuner, 20);
  CHECK(tuner.wanted() == 1);
}

TEST_CASE("a connection that does not help goes again, and is not tried for a while") {
  ConnectionTuner tuner(4, false);
  Line line({0, 20, 20, 15, 12});
  line.run(tuner, 20);
  CHECK(tuner.wanted() == 1);
  CHECK(line.most() == 2);
}

TEST_CASE("the rest goes again when only the second one helped") {
  ConnectionTuner tuner(4, false);
  Line line({0, 20, 30, 25, 22});
  line.run(tuner, 10);
  CHECK(tuner.wanted() == 2);
}

TEST_CASE("a fixed number is used from the beginning") {
  ConnectionTuner tuner(3, true);
  CHECK(tuner.wanted() == 3);
  tuner.limit(2);
  CHECK(tuner.wanted() == 2);
}
