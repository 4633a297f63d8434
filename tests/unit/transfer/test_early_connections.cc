// SPDX-License-Identifier: Apache-2.0
// Connections made ahead of their use.
#include <atomic>
#include <catch2/catch.hpp>

#include "transfer/pace/early_connections.h"
#include "unit/transfer/fake_target.h"

using namespace mboxferry;
using transfer::EarlyConnections;

namespace {

/// Counts who asked for a login and who got in.
struct Door {
  test::FakeClock clock;
  test::FakeServer server{clock};
  std::atomic<int> asked{0};
  std::atomic<int> entered{0};

  EarlyConnections::Made connect(const imap::BeforeLogin& before_login) {
    ++asked;
    if (before_login) MBOXFERRY_TRY(before_login());
    ++entered;
    return std::unique_ptr<imap::Target>(std::make_unique<test::FakeTarget>(server));
  }
  EarlyConnections connections() {
    return EarlyConnections([this](const auto& before_login) { return connect(before_login); });
  }
};

}  // namespace

TEST_CASE("connections that are begun early log in when they are told to, and are handed out") {
  Door door;
  EarlyConnections early = door.connections();
  early.begin(2);
  early.begin(2);
  CHECK(door.entered == 0);
  early.let_log_in();
  CHECK(early.take());
  CHECK(early.take());
  CHECK(door.asked == 2);
  CHECK(door.entered == 2);
  CHECK(early.take());
  CHECK(door.entered == 3);
}

TEST_CASE("when the first login fails, no early connection tries one") {
  Door door;
  EarlyConnections early = door.connections();
  early.begin(3);
  early.give_up();
  CHECK(door.asked == 3);
  CHECK(door.entered == 0);
}

TEST_CASE("after a second chance connections can be begun anew") {
  Door door;
  EarlyConnections early = door.connections();
  early.begin(1);
  early.give_up();
  early.begin(1);
  early.let_log_in();
  CHECK(early.take());
  CHECK(door.asked == 2);
  CHECK(door.entered == 1);
}
