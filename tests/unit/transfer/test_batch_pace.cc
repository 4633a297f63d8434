// SPDX-License-Identifier: Apache-2.0
// Batches that follow a server, and the order in which they commit.
#include <catch2/catch.hpp>

#include "transfer/pace/batch_pace.h"
#include "transfer/upload/commit_order.h"

using namespace mboxferry::transfer;
using std::chrono::duration_cast;
using std::chrono::steady_clock;

namespace {

/// A server that takes `per_message` and, for each batch, `per_batch`; one batch at a time.
class Server {
 public:
  Server(double per_message, double per_batch) : per_message_(per_message), per_batch_(per_batch) {}

  void take(BatchPace& pace, std::uint64_t message_size) {
    const std::size_t messages = std::min<std::size_t>(
        pace.messages(), std::max<std::uint64_t>(pace.bytes() / message_size, 1));
    const auto begun = now_;
    now_ += duration_cast<steady_clock::duration>(
        std::chrono::duration<double>(per_batch_ + per_message_ * static_cast<double>(messages)));
    pace.answered(messages, messages * message_size, begun, begun, now_);
  }

 private:
  const double per_message_;
  const double per_batch_;
  steady_clock::time_point now_{};
};

}  // namespace

TEST_CASE("a batch grows to what the server takes in about a second") {
  BatchPace pace({1000, 64 << 20, 16});
  Server server(0.01, 0.05);
  for (int i = 0; i < 12; ++i) server.take(pace, 3000);
  CHECK(pace.messages() > 80);
  CHECK(pace.messages() < 120);
}

TEST_CASE("a fast server gets the largest batches within a few answers") {
  BatchPace pace({1000, 64 << 20, 16});
  Server server(0.0005, 0.005);
  for (int i = 0; i < 5; ++i) server.take(pace, 3000);
  CHECK(pace.messages() == 1000);
}

TEST_CASE("large messages are bounded by bytes") {
  BatchPace pace({1000, 64 << 20, 16});
  Server server(0.2, 0.1);
  for (int i = 0; i < 12; ++i) server.take(pace, 8 << 20);
  CHECK(pace.bytes() < 64 << 20);
  CHECK(pace.bytes() > 16 << 20);
}

TEST_CASE("trouble halves a batch") {
  BatchPace pace({1000, 64 << 20, 16});
  Server server(0.0005, 0.005);
  for (int i = 0; i < 5; ++i) server.take(pace, 3000);
  pace.trouble();
  CHECK(pace.messages() == 500);
}

TEST_CASE("as many batches are under way as cover the way to the server and back") {
  BatchPace pace({10, 64 << 20, 16});
  const steady_clock::time_point start{};
  const auto at = [&](int milliseconds) { return start + std::chrono::milliseconds(milliseconds); };
  // Every 20 ms one is answered, 100 ms after its last byte.
  for (int i = 0; i < 10; ++i) pace.answered(10, 1000, at(20 * i), at(20 * i), at(20 * i + 100));
  CHECK(pace.in_flight() >= 5);
  CHECK(pace.in_flight() <= 8);
}

TEST_CASE("a batch commits when all earlier ones of other connections are answered") {
  CommitOrder order;
  const auto first = order.take(1);
  const auto second = order.take(2);
  const auto third = order.take(2);
  const auto fourth = order.take(1);
  CHECK(order.may_commit(first));
  CHECK_FALSE(order.may_commit(second));
  order.done(first);
  CHECK(order.may_commit(second));
  CHECK(order.may_commit(third));
  CHECK_FALSE(order.may_commit(fourth));
  order.done(third);
  CHECK_FALSE(order.may_commit(fourth));
  order.done(second);
  CHECK(order.may_commit(fourth));
}

TEST_CASE("those who take part send batches of one size, the largest that one wants") {
  CommitOrder order;
  CHECK(order.agree(7, {5, 50}).messages == 5);
  order.join(1);
  order.join(2);
  CHECK(order.agree(1, {64, 1000}).messages == 64);
  const CommitOrder::Size agreed = order.agree(2, {16, 4000});
  CHECK(agreed.messages == 64);
  CHECK(agreed.bytes == 4000);
  order.leave(1);
  CHECK(order.agree(2, {16, 4000}).messages == 16);
}

TEST_CASE("batches are dealt out in turn among those who take part") {
  CommitOrder order;
  order.join(1);
  CHECK(order.may_take(1));
  const auto first = order.take(1);
  CHECK(order.may_take(1));
  order.join(2);
  CHECK_FALSE(order.may_take(1));
  CHECK(order.may_take(2));
  static_cast<void>(order.take(2));
  CHECK(order.may_take(1));
  CHECK(order.may_take(2));
  order.done(first);
  CHECK(order.may_take(1));
  CHECK_FALSE(order.may_take(2));
  order.leave(1);
  CHECK(order.may_take(2));
}
