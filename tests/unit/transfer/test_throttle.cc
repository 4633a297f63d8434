// SPDX-License-Identifier: Apache-2.0
// Rates are kept, with a clock that only sleeping moves.
#include <catch2/catch.hpp>
#include <limits>
#include <thread>
#include <vector>

#include "transfer/target/throttled_target.h"
#include "unit/transfer/job_bench.h"

using namespace mboxferry;
using namespace mboxferry::transfer;
using std::chrono::milliseconds;

namespace {

double seconds_since(const Clock& clock, std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(clock.now() - start).count();
}

/// Literals of one byte, repeated.
class EqualBytes final : public imap::LiteralSource {
 public:
  explicit EqualBytes(std::size_t size) : bytes_(size, 'x') {}
  Result<void> write(std::size_t, const imap::LiteralWriter& out) override { return out(bytes_); }
  Result<void> approve() override { return ok(); }

 private:
  std::string bytes_;
};

/// A throttled connection to a fake server.
struct ThrottledLine {
  explicit ThrottledLine(const RateLimits& limits) : throttle(limits, clock), tracker(observer) {
    target = throttled(std::make_unique<test::FakeTarget>(server), throttle, clock, tracker);
  }
  double append(std::size_t messages, std::size_t size) {
    const auto start = clock.now();
    imap::AppendMessage message;
    message.wire_size = size;
    const std::vector<imap::AppendMessage> batch(messages, message);
    EqualBytes literals(size);
    REQUIRE(target->append(++batches, "INBOX", batch, literals));
    return seconds_since(clock, start);
  }

  test::FakeClock clock;
  test::FakeServer server{clock};
  Throttle throttle;
  test::SilentObserver observer;
  Tracker tracker;
  std::unique_ptr<imap::Target> target;
  std::uint64_t batches = 0;
};

}  // namespace

TEST_CASE("messages leave at the allowed rate, over several batches") {
  RateLimits limits;
  limits.messages_per_second = 50;
  ThrottledLine line(limits);
  const double seconds = line.append(100, 10) + line.append(100, 10);
  CHECK(seconds == Approx(199 / 50.0).margin(0.05));
  CHECK(line.server.mailboxes.at("INBOX").mails.size() == 200);
}

TEST_CASE("a big message is paced within itself") {
  RateLimits limits;
  limits.bytes_per_second = 10'000;
  ThrottledLine line(limits);
  CHECK(line.append(1, 50'000) == Approx(4.9).margin(0.05));
  CHECK(line.server.mailboxes.at("INBOX").mails.front().bytes.size() == 50'000);
}

TEST_CASE("the stricter of two limits decides") {
  RateLimits limits;
  limits.messages_per_second = 1000;
  limits.bytes_per_second = 1000;
  ThrottledLine line(limits);
  CHECK(line.append(10, 500) == Approx(4.9).margin(0.05));
}

TEST_CASE("what was not sent for a long time is caught up with for a tenth of a second only") {
  RateLimits limits;
  limits.messages_per_second = 100;
  ThrottledLine line(limits);
  line.clock.sleep(std::chrono::hours(1));
  CHECK(line.append(110, 10) == Approx(1.0).margin(0.02));
}

TEST_CASE("rates beyond one a millisecond are kept though nobody sleeps for less") {
  RateLimits limits;
  limits.messages_per_second = 5000;
  ThrottledLine line(limits);
  CHECK(line.append(10'000, 1) == Approx(2.0).margin(0.02));
}

TEST_CASE("connections share one limit, whatever thread they are on") {
  RateLimits limits;
  limits.messages_per_second = 1000;
  test::FakeClock clock;
  Throttle throttle(limits, clock);
  std::chrono::steady_clock::duration longest{};
  std::mutex mutex;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 250; ++n) {
        const auto wait = throttle.book_message();
        const std::scoped_lock lock(mutex);
        longest = std::max(longest, wait);
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(longest == milliseconds(999));
}

TEST_CASE("the batch bound is two seconds' worth for all connections, and never nothing") {
  RateLimits limits;
  CHECK(largest_batch(limits, 1).messages == std::numeric_limits<std::size_t>::max());
  limits.messages_per_second = 10;
  limits.bytes_per_second = 1'000'000;
  CHECK(largest_batch(limits, 1).messages == 20);
  CHECK(largest_batch(limits, 4).messages == 5);
  CHECK(largest_batch(limits, 4).bytes == 500'000);
  limits.messages_per_second = 0.01;
  CHECK(largest_batch(limits, 4).messages == 1);
}

TEST_CASE("a throttle says what it does") {
  RateLimits limits;
  limits.messages_per_second = 100;
  test::FakeClock clock;
  CHECK(Throttle(limits, clock).description() == "limited to 100 messages/s");
  limits.bytes_per_second = 5'000'000;
  CHECK(Throttle(limits, clock).description() == "limited to 100 messages/s and 5000000 bytes/s");
}
