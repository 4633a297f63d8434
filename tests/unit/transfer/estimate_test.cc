// SPDX-License-Identifier: Apache-2.0
// The estimate of a dry run.
#include "transfer/plan/estimate.h"

#include <catch2/catch.hpp>

#include "mboxferry/transfer/plan_job.h"

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

TEST_CASE("with a measured pace the ends are less than a factor of three apart") {
  EstimateFacts facts = facts_of(1000, 100'000'000);
  facts.reading = 0;
  facts.connecting = 1;
  facts.pace = Pace{.per_message = 0.05,
                    .typical_size = 20'000,
                    .bytes_per_second = 4e6,
                    .messages = 41,
                    .bytes = 2'000'000};
  // 1 s, 50 s for the messages, and 80 MB that they are larger.
  const TimeEstimate time = estimate_time(facts);
  CHECK(time.least_seconds < 71);
  CHECK(time.most_seconds > 71);
  CHECK(time.most_seconds < 3 * time.least_seconds);
  CHECK(time.rests_on.find("41 messages of our own") != std::string::npos);
  facts.reading = 1000;
  CHECK(estimate_time(facts).least_seconds == Approx(1000));
  CHECK(estimate_time(facts).most_seconds == Approx(1000));
  TotalTime total;
  total.add(time, 100'000'000);
  CHECK(total.with(1)->most_seconds == Approx(time.most_seconds));
  CHECK(total.with(1)->rests_on.find("assumed") == std::string::npos);

  facts.pace.reset();
  facts.no_pace = "the server makes no mailbox";
  CHECK(estimate_time(facts).rests_on.find("the server makes no mailbox") != std::string::npos);
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

TEST_CASE("jobs at the same time share the line and wait for the longest") {
  CHECK(!TotalTime().with(4));
  TotalTime small;
  for (int job = 0; job < 8; ++job) small.add({1, 10, ""}, 1'000'000);
  CHECK(small.with(4)->least_seconds == Approx(2));
  CHECK(small.with(4)->most_seconds == Approx(20));
  CHECK(small.with(8)->most_seconds == Approx(10));
  CHECK(small.with(4)->rests_on.find("each of 8 accounts, 4 at a time") != std::string::npos);

  TotalTime uneven = small;
  uneven.add({100, 1'000, ""}, 1'000'000);
  CHECK(uneven.with(4)->least_seconds == Approx(100));
  CHECK(uneven.with(4)->most_seconds == Approx(1'000));

  TotalTime large;
  for (int job = 0; job < 8; ++job) large.add({10, 1'100, ""}, 1'000'000'000);
  CHECK(large.with(8)->least_seconds == Approx(80));
  CHECK(large.with(8)->most_seconds == Approx(8'000));
}
