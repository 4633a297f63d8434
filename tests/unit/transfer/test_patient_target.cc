// SPDX-License-Identifier: Apache-2.0
// Waiting for a server that asks for patience, one question after the other.
#include "mboxferry/transfer/patient_target.h"

#include "unit/transfer/job_bench.h"

using namespace mboxferry;
using namespace mboxferry::test;

namespace {

Error plea(std::chrono::milliseconds after = {}) {
  return {ErrorCode::try_later, "not now", "", ErrorScope::mailbox, {Retry::When::later, after}};
}

/// Refuses so many of its answers; a walk of 1 to 9 shows three messages and is refused then.
class BusyTarget final : public imap::ReadOnlyTarget {
 public:
  struct State {
    Error refusal = plea();
    int refusals = 0;
    int asked = 0;
    bool alive = true;
    bool refuses_at_the_end = false;  ///< of a walk
    std::vector<imap::Uid> walked_from;
  };
  explicit BusyTarget(State& state) : state_(state) {}

  const imap::Capabilities& capabilities() const override { return capabilities_; }
  const std::string& label() const override { return label_; }
  bool is_alive() const override { return state_.alive; }
  Result<imap::Namespace> personal_namespace() override { return imap::Namespace{}; }
  Result<std::vector<imap::ListedMailbox>> list() override {
    return std::vector<imap::ListedMailbox>{};
  }
  Result<imap::SelectedMailbox> select(const std::string&) override {
    MBOXFERRY_TRY(ask());
    return imap::SelectedMailbox{};
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
    Walk(BusyTarget& target, imap::UidRange range) : target_(target), range_(range) {}
    Result<std::optional<imap::FetchedMessage>> next() override {
      if (range_.first > range_.last) {
        if (target_.state_.refuses_at_the_end) MBOXFERRY_TRY(target_.ask());
        return std::optional<imap::FetchedMessage>();
      }
      if (given_ == 3) MBOXFERRY_TRY(target_.ask());
      ++given_;
      imap::FetchedMessage message;
      message.uid = range_.first++;
      return std::optional(message);
    }
    BusyTarget& target_;
    imap::UidRange range_;
    int given_ = 0;
  };

  Result<void> ask() {
    ++state_.asked;
    if (state_.refusals == 0) return ok();
    --state_.refusals;
    return state_.refusal;
  }

  State& state_;
  const imap::Capabilities capabilities_;
  const std::string label_ = "busy";
};

struct PatientBench {
  BusyTarget::State state;
  FakeClock clock;
  Cancellation interrupt;
  std::vector<std::string> told;
  std::unique_ptr<imap::ReadOnlyTarget> target = transfer::patient(
      std::unique_ptr<imap::ReadOnlyTarget>(std::make_unique<BusyTarget>(state)),
      {clock, interrupt, [this](const std::string& line) { told.push_back(line); }});
};

}  // namespace

TEST_CASE("what a busy server refuses is asked again after the wait that it asks for") {
  PatientBench bench;
  bench.state.refusal = plea(std::chrono::milliseconds(7000));
  bench.state.refusals = 2;
  CHECK(bench.target->select("Box"));
  CHECK(bench.state.asked == 3);
  CHECK(bench.clock.now().time_since_epoch() >= std::chrono::seconds(14));
  CHECK(bench.told.size() == 2);
}

TEST_CASE("patience with a busy server ends, and so does a refusal for good at once") {
  PatientBench bench;
  bench.state.refusals = 100;
  const auto selected = bench.target->select("Box");
  REQUIRE(!selected);
  CHECK(selected.error().code == ErrorCode::try_later);
  CHECK(bench.state.asked == 7);
  bench.state.refusal = {ErrorCode::refused, "never", "", ErrorScope::mailbox};
  CHECK(!bench.target->select("Box"));
  CHECK(bench.state.asked == 8);
  bench.state.refusal = plea();
  bench.state.alive = false;
  CHECK(!bench.target->select("Box"));
  CHECK(bench.state.asked == 9);
  bench.state.alive = true;
  bench.interrupt.request();
  CHECK(!bench.target->select("Box"));
  CHECK(bench.state.asked == 10);
}

TEST_CASE("a walk that is refused in the middle goes on behind what it has shown") {
  PatientBench bench;
  bench.state.refusals = 1;
  std::vector<imap::Uid> shown;
  REQUIRE(bench.target->fetch({1, 5}, {}, [&](const imap::FetchedMessage& message) {
    shown.push_back(message.uid);
    return ok();
  }));
  CHECK(shown == std::vector<imap::Uid>{1, 2, 3, 4, 5});
  CHECK(bench.state.walked_from == std::vector<imap::Uid>{1, 4});
}

TEST_CASE("a walk that is refused behind its last message has shown everything") {
  PatientBench bench;
  bench.state.refusals = 1;
  bench.state.refuses_at_the_end = true;
  std::vector<imap::Uid> shown;
  REQUIRE(bench.target->fetch({1, 3}, {}, [&](const imap::FetchedMessage& message) {
    shown.push_back(message.uid);
    return ok();
  }));
  CHECK(shown == std::vector<imap::Uid>{1, 2, 3});
}

TEST_CASE("no byte of a message is passed on twice") {
  PatientBench bench;
  bench.state.refusals = 1;
  std::string bytes;
  const auto fetched = bench.target->fetch_body(1, 20, [&](std::string_view some) {
    bytes += some;
    return ok();
  });
  CHECK(fetched);
  CHECK(bytes == "first half, second half");
}
