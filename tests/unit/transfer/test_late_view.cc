// SPDX-License-Identifier: Apache-2.0
// Answers that get lost on servers that show mail some seconds after they have stored it.
#include "unit/transfer/job_bench.h"

using namespace mboxferry;
using namespace mboxferry::test;
using std::chrono::milliseconds;

namespace {

/// From the Nth append command on, what is stored shows `late` after it.
struct LateBench : JobBench {
  LateBench(int from, milliseconds late) {
    plain_archive(20);
    server.at_append = {{from, [this] { hidden_since_ = server.mailboxes.at("INBOX").next; }}};
    server.hides = [this, late](imap::Uid uid) {
      if (!hidden_since_ || uid < *hidden_since_) return false;
      const auto [first, added] = asked_.try_emplace(uid, clock.now());
      return clock.now() - first->second < late;
    };
  }

 private:
  std::optional<imap::Uid> hidden_since_;
  std::map<imap::Uid, std::chrono::steady_clock::time_point> asked_;  ///< for the first time
};

}  // namespace

TEST_CASE("what a server counts and does not show yet is waited for before mail is sent again") {
  const int lost = GENERATE(1, 3);
  const bool uidplus = GENERATE(true, false);
  CAPTURE(lost, uidplus);
  LateBench bench(lost, milliseconds(5000));
  bench.server.capabilities.uidplus = uidplus;
  bench.server.lose_reply = {lost};
  require_complete(bench.run());
  bench.require_each_once(20);
}

TEST_CASE("a server that was seen to show mail late is given time at each lost answer") {
  LateBench bench(2, milliseconds(3000));
  bench.server.lose_reply = {2, 4, 5};
  require_complete(bench.run());
  bench.require_each_once(20);
}

TEST_CASE("what a server counts and never shows is not waited for without end") {
  LateBench bench(2, milliseconds(1'000'000'000));
  bench.server.lose_reply = {2};
  static_cast<void>(bench.run());
  CHECK(bench.clock.now().time_since_epoch() < std::chrono::minutes(3));
}

TEST_CASE("a mailbox that shows everything costs no more than the settle time") {
  JobBench bench;
  bench.plain_archive(20);
  bench.server.lose_reply = {3};
  require_complete(bench.run());
  CHECK(bench.clock.now().time_since_epoch() < std::chrono::seconds(4));
}

TEST_CASE("what shows first at the last look says that the rest may come as well") {
  // Mail of others behind it shows at once, and the counts tell nothing.
  JobBench bench;
  bench.plain_archive(20);
  bench.server.lose_reply = {2};
  std::optional<imap::Uid> first;
  std::optional<std::chrono::steady_clock::time_point> asked;
  bench.server.at_append = {{2, [&] {
                               first = bench.server.mailboxes.at("INBOX").next;
                               bench.server.mails_of_others = 1;
                             }}};
  bench.server.hides = [&](imap::Uid uid) {
    if (!first || uid < *first || uid > *first + 3) return false;
    if (!asked) asked = bench.clock.now();
    // Shown one after the other from the end of the settle time on.
    return bench.clock.now() - *asked < milliseconds(1450 + 150 * (uid - *first));
  };
  static_cast<void>(bench.run());
  std::map<std::string, int> counted = bench.bodies();
  counted.erase("other\r\n");
  CHECK(counted.size() == 20);
  for (const auto& [body, count] : counted) CHECK(count == 1);
}
