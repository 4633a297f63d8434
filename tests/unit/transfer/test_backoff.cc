// SPDX-License-Identifier: Apache-2.0
// Waits that grow, are spread, and obey the server.
#include <catch2/catch.hpp>
#include <chrono>

#include "transfer/pace/backoff.h"

using mboxferry::transfer::Backoff;
using std::chrono::milliseconds;

namespace {

Backoff::Settings settings(Backoff::Jitter jitter) {
  return {milliseconds(100), 2, milliseconds(1000), jitter};
}

}  // namespace

TEST_CASE("waits double up to the cap, and begin again after a success") {
  Backoff backoff(settings(Backoff::Jitter::full), [] { return 0.5; });
  for (const int expected : {50, 100, 200, 400, 500, 500}) {
    CHECK(backoff.next() == milliseconds(expected));
  }
  CHECK(backoff.tries() == 6);
  backoff.reset();
  CHECK(backoff.tries() == 0);
  CHECK(backoff.next() == milliseconds(50));
}

TEST_CASE("equal jitter waits half the ceiling at least") {
  Backoff shortest(settings(Backoff::Jitter::equal), [] { return 0.0; });
  CHECK(shortest.next() == milliseconds(50));
  Backoff longest(settings(Backoff::Jitter::equal), [] { return 0.99; });
  CHECK(longest.next() == milliseconds(99));
}

TEST_CASE("a wait that the server suggests is never undercut, not even by the cap") {
  Backoff backoff(settings(Backoff::Jitter::full), [] { return 0.0; });
  CHECK(backoff.next(milliseconds(30'000)) == milliseconds(30'000));
  Backoff spread(settings(Backoff::Jitter::full), [] { return 0.5; });
  CHECK(spread.next(milliseconds(30'000)) == milliseconds(30'050));
  CHECK(spread.next(milliseconds(1)) == milliseconds(100));
}

TEST_CASE("the machine's random source keeps the bounds and varies") {
  bool varies = false;
  milliseconds first{-1};
  for (int i = 0; i < 100; ++i) {
    Backoff backoff({milliseconds(1000), 2, milliseconds(1000), Backoff::Jitter::equal});
    const milliseconds wait = backoff.next();
    REQUIRE(wait >= milliseconds(500));
    REQUIRE(wait <= milliseconds(1000));
    if (first.count() < 0) first = wait;
    varies = varies || wait != first;
  }
  CHECK(varies);
}
