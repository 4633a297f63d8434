// SPDX-License-Identifier: Apache-2.0
// Compression is tried where it may help, and kept where it does.
#include <catch2/catch.hpp>
#include <cmath>

#include "transfer/pace/compression.h"

using mboxferry::transfer::CompressPolicy;
using Advice = CompressPolicy::Advice;
using std::chrono::milliseconds;

namespace {

/// A connection with one answer every tenth of a second.
struct CompressedLine {
  double wire_limit = 1e12;   ///< bytes per second
  double store_limit = 1e12;  ///< stored bytes per second
  double unevenness = 0;      ///< how much that differs from one time to the next
  double shrinks_by = 2;
  double connections = 1;  ///< all as fast as this one
  double waits = 0.9;
  double busy = 1;
  double window_shut = 0;
  bool kernel_tells = true;
  bool server_can = true;

  CompressPolicy policy;
  CompressPolicy::Sample sample;
  bool compressed = false;
  int asked = 0;

  /// Runs for a time and does what is advised.
  void run(double seconds) {
    if (kernel_tells && !sample.wire.busy)
      sample.wire.busy = sample.wire.window_shut = std::chrono::microseconds(0);
    for (int i = 0; i < seconds * 10; ++i) {
      step();
      switch (policy.consider(sample)) {
        case Advice::compress:
          ++asked;
          compressed = server_can;
          policy.compressing(server_can);
          break;
        case Advice::store:
          compressed = false;
          break;
        case Advice::go_on:
          break;
      }
    }
  }

 private:
  void step() {
    constexpr double kStep = 0.1;
    const double ratio = compressed ? shrinks_by : 1;
    const double now = store_limit * (1 + unevenness * std::sin(++steps_ / 15.0));
    const double stored = std::min(now, wire_limit * ratio) * kStep;
    const auto share = [&](double part) {
      return std::chrono::microseconds(static_cast<long>(part * kStep * 1e6));
    };
    sample.at += milliseconds(100);
    sample.stored_bytes += static_cast<std::uint64_t>(stored);
    sample.job_bytes += static_cast<std::uint64_t>(stored * connections);
    sample.wire.plain_sent += static_cast<std::uint64_t>(stored);
    sample.wire.wire_sent += static_cast<std::uint64_t>(stored / ratio);
    sample.wire.waited += share(waits);
    if (!kernel_tells) return;
    *sample.wire.busy += share(busy);
    *sample.wire.window_shut += share(window_shut);
  }

  int steps_ = 0;
};

}  // namespace

TEST_CASE("on a slow network mail is compressed soon, and stays so") {
  CompressedLine line;
  line.wire_limit = 1e6;
  line.run(3);
  CHECK(line.compressed);
  line.run(10);
  CHECK(line.compressed);
  CHECK(line.policy.worth_it());
  CHECK(line.asked == 1);
}

TEST_CASE("behind a relay the slow network is found later, by trying") {
  CompressedLine line;
  line.wire_limit = 10e6;
  line.window_shut = 0.9;
  line.kernel_tells = GENERATE(true, false);
  line.run(7);
  CHECK_FALSE(line.compressed);
  line.run(10);
  CHECK(line.policy.worth_it());
}

TEST_CASE("a slow server is not helped by compression, which ends after one trial") {
  CompressedLine line;
  line.store_limit = 5e6;
  line.window_shut = 0.9;
  line.run(60);
  CHECK_FALSE(line.compressed);
  CHECK(line.policy.decided());
  CHECK_FALSE(line.policy.worth_it());
  CHECK(line.asked == 1);
}

TEST_CASE("a slow server that takes unevenly is left alone") {
  CompressedLine line;
  line.store_limit = 5e6;
  line.unevenness = 0.3;
  line.window_shut = 0.9;
  line.run(60);
  CHECK(line.asked == 0);
}

TEST_CASE("where the kernel is wrong about the network, trying finds out") {
  CompressedLine line;
  line.store_limit = 5e6;
  line.run(60);
  CHECK_FALSE(line.compressed);
  CHECK(line.asked == 1);
}

TEST_CASE("nothing is tried on a fast line, on an idle one, or when this side is the limit") {
  CompressedLine line;
  line.wire_limit = 8e6;
  SECTION("fast") { line.wire_limit = 60e6; }
  SECTION("fast, with several connections") { line.connections = 8; }
  SECTION("idle: the answers are waited for") { line.busy = 0.3; }
  SECTION("this side is the limit") { line.waits = 0.2; }
  line.run(60);
  CHECK(line.asked == 0);
}

TEST_CASE("mail that does not shrink is stored") {
  CompressedLine line;
  line.wire_limit = 1e6;
  line.shrinks_by = 1.05;
  line.run(60);
  CHECK_FALSE(line.compressed);
  CHECK(line.policy.decided());
}

TEST_CASE("a server that will not compress is asked once") {
  CompressedLine line;
  line.wire_limit = 1e6;
  line.server_can = false;
  line.run(60);
  CHECK(line.asked == 1);
  CHECK(line.policy.decided());
}
