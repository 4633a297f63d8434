// SPDX-License-Identifier: Apache-2.0
// The index pass and the sender never wait for each other at once.
#include <catch2/catch.hpp>
#include <chrono>
#include <future>

#include "transfer/upload/index_gate.h"

using namespace mboxferry;
using transfer::IndexGate;

namespace {

bool ends(std::future<bool>& waiting, std::chrono::milliseconds patience) {
  return waiting.wait_for(patience) == std::future_status::ready;
}

}  // namespace

TEST_CASE("the index pass waits when its lead is used up, and goes on when something was sent") {
  IndexGate gate(100, 0);
  REQUIRE(gate.indexed(60));
  auto waiting = std::async(std::launch::async, [&] { return gate.indexed(60); });
  CHECK_FALSE(ends(waiting, std::chrono::milliseconds(50)));
  gate.sent(60);
  if (!ends(waiting, std::chrono::seconds(10))) gate.stop();
  CHECK(waiting.get());
}

TEST_CASE("a sender with nothing to send lets the index pass go on, whatever was counted") {
  IndexGate gate(100, 1000);
  const Cancellation never;
  auto waiting = std::async(std::launch::async, [&] { return gate.indexed(10); });
  CHECK_FALSE(ends(waiting, std::chrono::milliseconds(50)));
  REQUIRE(gate.wait_beyond(IndexGate::Position{}, never));
  if (!ends(waiting, std::chrono::seconds(10))) gate.stop();
  CHECK(waiting.get());
}

TEST_CASE("an error of the index pass reaches the sender that waits") {
  IndexGate gate(100, 0);
  const Cancellation never;
  gate.failed({ErrorCode::io, "disk", ""});
  const auto waited = gate.wait_beyond(gate.position(), never);
  REQUIRE_FALSE(waited);
  CHECK(waited.error().code == ErrorCode::io);
}
