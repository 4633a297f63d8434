// SPDX-License-Identifier: Apache-2.0
// Waiting for a mailbox to be quiet on a server that ends connections now and then.
#include "unit/transfer/job_bench.h"

using namespace mboxferry;
using namespace mboxferry::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

/// Slow to confirm, so that a mailbox settles for 20 s; each `nth` STATUS ends its connection.
struct SettlingBench : JobBench {
  explicit SettlingBench(int nth) {
    plain_archive(20);
    server.answer_delay = seconds(5);
    server.lose_each_status = nth;
  }
};

}  // namespace

TEST_CASE("a wait for a quiet mailbox goes on with the next connection") {
  const int nth = GENERATE(4, 6, 11);
  CAPTURE(nth);
  SettlingBench bench(nth);
  bench.server.commit_late = {{3, seconds(1'000'000'000)}};
  require_complete(bench.run());
  bench.require_each_once(20);
  CHECK(bench.clock.now().time_since_epoch() < std::chrono::minutes(3));
}

TEST_CASE("what is stored late is not sent again, however often the wait for it was cut") {
  const int after = GENERATE(1, 5, 12, 17);
  const int nth = GENERATE(4, 7);
  CAPTURE(after, nth);
  SettlingBench bench(nth);
  bench.server.commit_late = {{3, seconds(after)}};
  require_complete(bench.run());
  bench.require_each_once(20);
}

TEST_CASE("only time during which the server answered counts as quiet") {
  SettlingBench bench(4);
  // It is down for a while in the middle, and stores what it had begun when it is back.
  bench.server.commit_late = {{3, seconds(45)}};
  bench.goes_down_after = 3;
  bench.stays_down = seconds(40);
  bench.connection_failure = {
      ErrorCode::unavailable, "not there", "", ErrorScope::session, {Retry::When::later, {}}};
  require_complete(bench.run());
  bench.require_each_once(20);
}

TEST_CASE("a quiet mailbox is asked less and less often") {
  SettlingBench bench(0);
  bench.server.commit_late = {{3, seconds(1'000'000'000)}};
  require_complete(bench.run());
  bench.require_each_once(20);
  CHECK(bench.server.statuses < 45);
}
