// SPDX-License-Identifier: Apache-2.0
// Several accounts at once.
#include "mboxferry/job/scheduler.h"

#include <fmt/format.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <mutex>
#include <set>
#include <thread>

#include "mboxferry/transfer/progress.h"

using namespace mboxferry;
using namespace mboxferry::job;
using namespace std::chrono_literals;

namespace {

/// Ends as it is told, and counts how many work together.
struct FakeWork final : AccountWork {
  std::function<Outcome(const Entry&)> end = [](const Entry&) {
    Outcome outcome;
    outcome.state = AccountState::complete;
    outcome.messages_now = 3;
    return outcome;
  };
  std::atomic<int> now{0};
  std::atomic<int> most{0};
  std::mutex mutex;
  std::multiset<std::string> ran;

  Outcome run(const Entry& entry, transfer::Observer& observer, const Cancellation&) override {
    const int together = ++now;
    most = std::max(most.load(), together);
    observer.notice("at work");
    std::this_thread::sleep_for(2ms);
    {
      const std::lock_guard guard(mutex);
      ran.insert(entry.user);
    }
    --now;
    return end(entry);
  }
};

struct Heard final : BatchObserver {
  BatchProgress last;
  int notices = 0;
  void progress(const BatchProgress& progress) override { last = progress; }
  void notice(std::string_view, std::string_view) override { ++notices; }
};

std::unique_ptr<Ledger> ledger_of(int accounts) {
  auto ledger = Ledger::open("");
  REQUIRE(ledger);
  REQUIRE((*ledger)->begin({}));
  for (int i = 0; i < accounts; ++i) {
    NewEntry entry;
    entry.user = fmt::format("u{}", i);
    entry.place = "h:993";
    entry.account = entry.user + "@h:993";
    entry.key = entry.account;
    entry.offset = static_cast<std::uint64_t>(i);
    REQUIRE((*ledger)->add(entry));
  }
  REQUIRE((*ledger)->end());
  return std::move(*ledger);
}

}  // namespace

TEST_CASE("every account has its turn once, and no more work together than allowed") {
  const auto ledger = ledger_of(60);
  FakeWork work;
  Heard heard;
  const Cancellation never;
  REQUIRE(run_accounts(*ledger, work, {5, 3}, heard, system_clock(), never));
  CHECK(work.ran.size() == 60);
  CHECK(std::set(work.ran.begin(), work.ran.end()).size() == 60);
  CHECK(work.most <= 3);
  CHECK(heard.last.standing.complete == 60);
  CHECK(heard.last.stored_now.messages == 180);
  CHECK(heard.last.at_work.empty());
}

TEST_CASE("the trouble of one account stops no other") {
  const auto ledger = ledger_of(20);
  FakeWork work;
  work.end = [](const Entry& entry) {
    Outcome outcome;
    outcome.state = AccountState::complete;
    if (entry.user == "u3") outcome.state = AccountState::login_refused;
    if (entry.user == "u4") outcome.state = AccountState::failed;
    if (outcome.state != AccountState::complete) outcome.what = "no luck";
    return outcome;
  };
  Heard heard;
  const Cancellation never;
  REQUIRE(run_accounts(*ledger, work, {4, 4}, heard, system_clock(), never));
  const auto standing = ledger->standing();
  CHECK(standing->complete == 18);
  CHECK(standing->login_refused == 1);
  CHECK(standing->failed == 1);
  CHECK(heard.notices == 22);
}

TEST_CASE("an interrupt lets those at work end and begins no other") {
  const auto ledger = ledger_of(50);
  Cancellation interrupt;
  FakeWork work;
  work.end = [&](const Entry&) {
    interrupt.request();
    Outcome outcome;
    outcome.state = AccountState::complete;
    return outcome;
  };
  Heard heard;
  REQUIRE(run_accounts(*ledger, work, {2, 2}, heard, system_clock(), interrupt));
  CHECK(work.ran.size() <= 4);
  CHECK(ledger->standing()->waiting >= 46);
}
