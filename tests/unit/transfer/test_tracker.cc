// SPDX-License-Identifier: Apache-2.0
// Why a job waits is told while it does.
#include <catch2/catch.hpp>
#include <vector>

#include "mboxferry/transfer/progress.h"
#include "transfer/pace/tracker.h"
#include "transfer/pace/waiting.h"
#include "unit/transfer/fake_target.h"

using namespace mboxferry;
using namespace mboxferry::transfer;
using std::chrono::milliseconds;

namespace {

class Recorder final : public Observer {
 public:
  void progress(const Progress& progress) override { seen.push_back(progress); }
  void notice(std::string_view) override {}
  std::vector<Progress> seen;
};

}  // namespace

TEST_CASE("a wait is told when it begins and when it is over") {
  Recorder recorder;
  Tracker tracker(recorder);
  const Cancellation never;
  test::FakeClock clock;
  CHECK(wait_unless(never, clock, milliseconds(12'000), tracker, "the server asks for patience"));
  CHECK(clock.now().time_since_epoch() == milliseconds(12'000));
  REQUIRE(recorder.seen.size() >= 2);
  CHECK(recorder.seen.front().waiting == "the server asks for patience");
  CHECK(recorder.seen.front().waiting_left == milliseconds(12'000));
  CHECK(recorder.seen.back().waiting.empty());
}

TEST_CASE("an interrupt ends a wait that is told") {
  Recorder recorder;
  Tracker tracker(recorder);
  Cancellation interrupt;
  interrupt.request();
  test::FakeClock clock;
  CHECK_FALSE(wait_unless(interrupt, clock, milliseconds(12'000), tracker, "why"));
  CHECK(clock.now().time_since_epoch() == milliseconds(0));
  CHECK(recorder.seen.back().waiting.empty());
}

TEST_CASE("of several waits the oldest is shown until it ends") {
  Recorder recorder;
  Tracker tracker(recorder);
  const WaitNotice second_to_end(tracker, "first", milliseconds(1000));
  {
    const WaitNotice other(tracker, "second", milliseconds(9000));
    CHECK(recorder.seen.back().waiting == "first");
  }
  CHECK(recorder.seen.back().waiting == "first");
}

TEST_CASE("a limit is shown as a reason without an end") {
  Recorder recorder;
  Tracker tracker(recorder);
  tracker.limited("limited to 100 messages/s");
  CHECK(recorder.seen.back().waiting == "limited to 100 messages/s");
  CHECK(recorder.seen.back().waiting_left == milliseconds(0));
}
