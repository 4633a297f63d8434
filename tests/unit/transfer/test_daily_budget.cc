// SPDX-License-Identifier: Apache-2.0
// Daily budgets, with a calendar of our own.
#include <catch2/catch.hpp>
#include <limits>

#include "transfer/pace/daily_budget.h"

using namespace mboxferry;
using transfer::DailyBudget;
using transfer::RateLimits;

namespace {

constexpr std::int64_t kTenOClock = 1'795'600'800;  // 2026-11-25 10:00 UTC
constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

class Calendar final : public Clock {
 public:
  std::int64_t unix_seconds() const override { return seconds_; }
  std::chrono::steady_clock::time_point now() const override {
    return std::chrono::steady_clock::time_point(std::chrono::seconds(seconds_));
  }
  void sleep(std::chrono::milliseconds duration) override { seconds_ += duration.count() / 1000; }

 private:
  std::int64_t seconds_ = kTenOClock;
};

RateLimits messages_a_day(std::uint64_t messages) {
  RateLimits limits;
  limits.messages_per_day = messages;
  return limits;
}

}  // namespace

TEST_CASE("a daily budget that is used up says which one and when it goes on") {
  Calendar calendar;
  DailyBudget budget(messages_a_day(10), calendar);
  REQUIRE(budget.book(8, 800));
  CHECK(budget.left().messages == 2);
  CHECK(budget.left().bytes == kUnlimited);
  const auto refused = budget.book(3, 300);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::try_later);
  CHECK(refused.error().scope == ErrorScope::job);
  CHECK(refused.error().retry.after == std::chrono::hours(14));
  CHECK(refused.error().what.find("10 messages a day (--max-messages-per-day)") !=
        std::string::npos);
  CHECK(refused.error().hint.find("2026-11-26 00:00 UTC") != std::string::npos);
  CHECK(budget.book(2, 200));
}

TEST_CASE("a new day has a new budget") {
  Calendar calendar;
  DailyBudget budget(messages_a_day(10), calendar);
  REQUIRE(budget.book(10, 1));
  REQUIRE_FALSE(budget.book(1, 1));
  calendar.sleep(std::chrono::hours(14));
  CHECK(budget.left().messages == 10);
  CHECK(budget.book(10, 1));
}

TEST_CASE("a resumed job counts on from the note of today, and from no other") {
  Calendar calendar;
  RateLimits limits = messages_a_day(100);
  limits.bytes_per_day = 10'000;
  DailyBudget first(limits, calendar);
  REQUIRE(first.book(60, 6000));
  const std::string note = first.note();
  CHECK(note == "2026-11-25 messages=60 bytes=6000");
  DailyBudget second(limits, calendar);
  second.resume(note);
  CHECK(second.left().messages == 40);
  CHECK(second.left().bytes == 4000);
  for (const char* other : {"2026-11-24 messages=60 bytes=6000", "2026-11-26 messages=60 bytes=1",
                            "2026-11-25 messages=-1 bytes=1", "2026-11-25", "", "\xff garbage"}) {
    INFO(other);
    DailyBudget fresh(limits, calendar);
    fresh.resume(other);
    CHECK(fresh.left().messages == 100);
    CHECK(fresh.left().bytes == 10'000);
  }
}

TEST_CASE("a message that no day holds is an error of the settings") {
  Calendar calendar;
  RateLimits limits;
  limits.bytes_per_day = 1000;
  DailyBudget budget(limits, calendar);
  const auto refused = budget.book(1, 1001);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::configuration);
  CHECK(budget.book(1, 1000));
}

TEST_CASE("a note is due once for what was booked, and only when a day's budget is limited") {
  Calendar calendar;
  DailyBudget budget(messages_a_day(100), calendar);
  CHECK_FALSE(budget.note_due());
  REQUIRE(budget.book(1, 10));
  CHECK(budget.note_due() == "2026-11-25 messages=1 bytes=10");
  CHECK_FALSE(budget.note_due());
  REQUIRE(budget.book(1, 10));
  CHECK(budget.note_due() == "2026-11-25 messages=2 bytes=20");

  DailyBudget unlimited(RateLimits{}, calendar);
  REQUIRE(unlimited.book(1, 10));
  CHECK_FALSE(unlimited.note_due());
  CHECK(unlimited.note() == "2026-11-25 messages=1 bytes=10");
}
