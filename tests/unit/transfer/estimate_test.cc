// SPDX-License-Identifier: Apache-2.0
// The estimate of a dry run.
#include "transfer/estimate.h"

#include <catch2/catch.hpp>

using namespace mboxferry;
using namespace mboxferry::transfer;

namespace {

EstimateFacts facts_of(std::uint64_t messages, std::uint64_t bytes) {
  EstimateFacts facts;
  facts.to_send = {messages, bytes};
  facts.round_trip = 0.05;
  facts.reading = 2;
  return facts;
}

}  // namespace

TEST_CASE("an estimate lies between a fast line and a slow one") {
  const TimeEstimate time = estimate_time(facts_of(1000, 1'000'000'000));
  CHECK(time.least_seconds == Approx(10));
  CHECK(time.most_seconds == Approx(2 + 1000 + 1000 * 0.07));
  CHECK(time.rests_on.find("50 ms and 2.0 s") != std::string::npos);
  CHECK(time.rests_on.find("limits") == std::string::npos);
  CHECK(estimate_time(facts_of(0, 0)).least_seconds == Approx(2));
}

TEST_CASE("a server that is waited for after each message cannot be faster than the line is long") {
  EstimateFacts facts = facts_of(1000, 1000);
  facts.one_by_one = true;
  facts.connections = 4;
  CHECK(estimate_time(facts).least_seconds == Approx(12.5));
}

TEST_CASE("limits hold at both ends") {
  EstimateFacts facts = facts_of(1000, 1000);
  facts.limits.messages_per_second = 2;
  CHECK(estimate_time(facts).least_seconds == Approx(500));
  CHECK(estimate_time(facts).most_seconds == Approx(500));
  facts.limits.messages_per_day = 500;
  CHECK(estimate_time(facts).least_seconds == Approx(86'400));
  facts.limits.messages_per_day = 1000;
  CHECK(estimate_time(facts).least_seconds == Approx(500));
  facts.limits.bytes_per_day = 100;
  CHECK(estimate_time(facts).least_seconds == Approx(9 * 86'400));
  CHECK(estimate_time(facts).rests_on.find("limits") != std::string::npos);
}
