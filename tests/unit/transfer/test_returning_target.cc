// SPDX-License-Identifier: Apache-2.0
// A connection that ends while mailboxes are compared.
#include "mboxferry/transfer/returning_target.h"
#include "unit/transfer/job_bench.h"

using namespace mboxferry;
using namespace mboxferry::test;

namespace {

/// What all connections have in common.
struct Fragile {
  int answers_left = 0;  ///< of the connection that is open now
  int connections = 0;
  int answers_each = 1000;
  std::uint32_t uid_validity = 1;
  std::vector<std::string> selected;
  std::vector<imap::Uid> walked_from;
};

class FragileTarget final : public imap::ReadOnlyTarget {
 public:
  explicit FragileTarget(Fragile& state) : state_(state) {
    ++state_.connections;
    state_.answers_left = state_.answers_each;
  }
  const imap::Capabilities& capabilities() const override { return capabilities_; }
  const std::string& label() const override { return label_; }
  bool is_alive() const override { return alive_; }
  Result<imap::Namespace> personal_namespace() override { return imap::Namespace{}; }
  Result<std::vector<imap::ListedMailbox>> list() override {
    return std::vector<imap::ListedMailbox>{};
  }
  Result<imap::SelectedMailbox> select(const std::string& mailbox) override {
    MBOXFERRY_TRY(ask());
    state_.selected.push_back(mailbox);
    imap::SelectedMailbox selected;
    selected.uid_validity = state_.uid_validity;
    return selected;
  }
  Result<imap::SelectedMailbox> status(const std::string& mailbox) override {
    return select(mailbox);
  }
  Result<std::optional<imap::Quota>> quota(const std::string&) override {
    return std::optional<imap::Quota>();
  }
  Result<std::unique_ptr<imap::MessageWalk>> walk(imap::UidRange range,
                                                  imap::WalkOptions) override {
    state_.walked_from.push_back(range.first);
    return std::unique_ptr<imap::MessageWalk>(std::make_unique<Walk>(*this, range));
  }
  Result<void> fetch_body(imap::Uid, std::uint64_t, const ByteVisitor& visit) override {
    MBOXFERRY_TRY(visit("first half, "));
    MBOXFERRY_TRY(ask());
    return visit("second half");
  }
  void log_out() override {}

 private:
  struct Walk final : imap::MessageWalk {
    Walk(FragileTarget& target, imap::UidRange range) : target_(target), range_(range) {}
    Result<std::optional<imap::FetchedMessage>> next() override {
      MBOXFERRY_TRY(target_.ask());
      if (range_.first > range_.last) return std::optional<imap::FetchedMessage>();
      imap::FetchedMessage message;
      message.uid = range_.first++;
      return std::optional(message);
    }
    FragileTarget& target_;
    imap::UidRange range_;
  };

  Result<void> ask() {
    if (alive_ && state_.answers_left-- > 0) return ok();
    alive_ = false;
    return Error{ErrorCode::unavailable, "gone", "", ErrorScope::session, {Retry::When::now, {}}};
  }

  Fragile& state_;
  bool alive_ = true;
  const imap::Capabilities capabilities_;
  const std::string label_ = "fragile";
};

struct ReturningBench {
  Fragile state;
  FakeClock clock;
  Cancellation interrupt;
  std::vector<std::string> told;
  std::optional<Error> refusal;  ///< of connections behind the first
  std::unique_ptr<imap::ReadOnlyTarget> target;

  explicit ReturningBench(int answers_each) {
    state.answers_each = answers_each;
    target = std::move(*transfer::returning(
        [this]() -> Result<std::unique_ptr<imap::ReadOnlyTarget>> {
          if (refusal && state.connections > 0) return *refusal;
          return std::unique_ptr<imap::ReadOnlyTarget>(std::make_unique<FragileTarget>(state));
        },
        {clock, interrupt, [this](const std::string& line) { told.push_back(line); }}));
  }
};

}  // namespace

TEST_CASE("a walk goes on behind what it has shown on each new connection") {
  ReturningBench bench(3);
  REQUIRE(bench.target->select("Box"));
  std::vector<imap::Uid> shown;
  REQUIRE(bench.target->fetch({1, 9}, {}, [&](const imap::FetchedMessage& message) {
    shown.push_back(message.uid);
    return ok();
  }));
  CHECK(shown == std::vector<imap::Uid>{1, 2, 3, 4, 5, 6, 7, 8, 9});
  CHECK(bench.state.walked_from == std::vector<imap::Uid>{1, 3, 5, 7, 9});
  CHECK(bench.state.selected == std::vector<std::string>(5, "Box"));
  CHECK(bench.told.size() == 4);
}

TEST_CASE("a message that was read in part is passed on once") {
  ReturningBench bench(1);
  REQUIRE(bench.target->select("Box"));
  bench.state.answers_each = 2;
  std::string bytes;
  REQUIRE(bench.target->fetch_body(1, 20, [&](std::string_view some) {
    bytes += some;
    return ok();
  }));
  CHECK(bytes == "first half, second half");
}

TEST_CASE("connections that never answer are the end, and progress begins to count anew") {
  ReturningBench bench(1);
  REQUIRE(bench.target->select("Box"));
  // Each is good for the mailbox alone.
  const auto fetched = bench.target->fetch_body(1, 20, [](std::string_view) { return ok(); });
  REQUIRE(!fetched);
  CHECK(fetched.error().code == ErrorCode::unavailable);
  CHECK(bench.state.connections == 9);
  CHECK(bench.clock.now().time_since_epoch() > std::chrono::seconds(30));
}

TEST_CASE("a mailbox that was made anew is not gone on with") {
  ReturningBench bench(1);
  REQUIRE(bench.target->select("Box"));
  bench.state.uid_validity = 2;
  const auto fetched = bench.target->fetch_body(1, 20, [](std::string_view) { return ok(); });
  REQUIRE(!fetched);
  CHECK(fetched.error().code == ErrorCode::try_later);
}

TEST_CASE("a refused login is not tried again") {
  ReturningBench bench(1);
  REQUIRE(bench.target->select("Box"));
  bench.refusal = Error{ErrorCode::login_refused, "no", ""};
  const auto fetched = bench.target->fetch_body(1, 20, [](std::string_view) { return ok(); });
  REQUIRE(!fetched);
  CHECK(fetched.error().code == ErrorCode::login_refused);
  CHECK(bench.told.size() == 1);
}
