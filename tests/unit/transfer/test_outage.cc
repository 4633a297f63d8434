// SPDX-License-Identifier: Apache-2.0
// A server that goes away for a while.
#include "unit/transfer/job_bench.h"

using namespace mboxferry;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using test::require_complete;

namespace {

/// Goes away in the middle of the job, for `away` of the fake clock.
class OutageBench : public test::JobBench {
 public:
  explicit OutageBench(seconds away) {
    plain_archive(100);
    server.lose_reply = {10};
    goes_down_after = 10;
    stays_down = away;
    connection_failure = {
        ErrorCode::unavailable, "not there", "", ErrorScope::session, {Retry::When::later, {}}};
  }
  [[nodiscard]] std::chrono::steady_clock::duration passed() const {
    return clock.now().time_since_epoch();
  }
};

}  // namespace

TEST_CASE("an outage of twenty minutes does not end a job that has stored mail") {
  OutageBench bench(minutes(20));
  require_complete(bench.run());
  bench.require_each_once(100);
  CHECK(bench.attempts > 30);
  // Told at first and then less and less often.
  CHECK(bench.observer.notices.size() < 12);
  CHECK(bench.observer.notices.front().find("gives up in 60 min") != std::string::npos);
}

TEST_CASE("a job gives up when the server stays away for longer than --retry-for") {
  OutageBench bench(hours(3));
  const auto result = bench.run();
  REQUIRE(result.error);
  CHECK(result.error->code == ErrorCode::try_later);
  CHECK(bench.passed() > minutes(59));
  CHECK(bench.passed() < minutes(61));
  bench.stays_down = seconds(0);
  require_complete(bench.run());
  bench.require_each_once(100);
}

TEST_CASE("a short --retry-for holds, whatever was stored") {
  const bool stored = GENERATE(true, false);
  CAPTURE(stored);
  OutageBench bench(hours(3));
  bench.settings.retry_for = seconds(3);
  if (!stored) {
    bench.server.lose_reply = {1};
    bench.goes_down_after = 1;
    bench.server.cut_before_last_byte = {1};
  }
  const auto result = bench.run();
  REQUIRE(result.error);
  CHECK(result.error->code == ErrorCode::try_later);
  CHECK(bench.passed() >= seconds(3));
  CHECK(bench.passed() < seconds(5));
  bench.stays_down = seconds(0);
  bench.server.lose_reply = {};
  bench.server.cut_before_last_byte = {};
  require_complete(bench.run());
  bench.require_each_once(100);
}

TEST_CASE("without --retry-for a few tries are all") {
  OutageBench bench(minutes(20));
  bench.settings.retry_for = seconds(0);
  const auto result = bench.run();
  REQUIRE(result.error);
  CHECK(result.error->code == ErrorCode::try_later);
  CHECK(bench.passed() < minutes(2));
}

TEST_CASE("a job that has not stored anything in this run does not wait for long") {
  OutageBench bench(minutes(20));
  bench.server.lose_reply = {1};
  bench.goes_down_after = 1;
  bench.server.cut_before_last_byte = {1};
  const auto result = bench.run();
  REQUIRE(result.error);
  CHECK(bench.passed() < minutes(2));
}

TEST_CASE("an interrupt ends an outage") {
  OutageBench bench(hours(3));
  bench.on_attempt = [&] {
    if (bench.attempts == 20) bench.interrupt.request();
  };
  const auto result = bench.run();
  REQUIRE(result.error);
  CHECK(result.error->code == ErrorCode::interrupted);
  CHECK(bench.attempts == 20);
}

TEST_CASE("an outage before the comparison at the end is waited for as well") {
  OutageBench bench(minutes(20));
  bench.server.lose_reply = {};
  bench.server.lose_walk = 1;
  bench.goes_down_after = 25;
  require_complete(bench.run());
  bench.require_each_once(100);
  CHECK(bench.passed() >= minutes(20));
}
