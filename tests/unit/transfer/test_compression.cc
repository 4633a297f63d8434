// SPDX-License-Identifier: Apache-2.0
// One connection tries compression for all.
#include <catch2/catch.hpp>

#include "transfer/pace/compression.h"
#include "unit/transfer/job_bench.h"

using namespace mboxferry;
using namespace mboxferry::transfer;

namespace {

/// A connection over a line of 1 MB/s, on which compression halves what is sent.
class SlowLine final : public imap::Target {
 public:
  SlowLine(test::FakeServer& server, Tracker& tracker, CompressionFinding& finding)
      : fake_(server), clock_(server.clock), compression(*this, finding, tracker, server.clock) {
    usage_.busy = usage_.window_shut = std::chrono::microseconds(0);
  }

  /// A tenth of a second's sending, all of it stored; the time is the caller's.
  void step() {
    const std::uint64_t stored = compressing && line_is_limit ? 200'000 : 100'000;
    usage_.plain_sent += stored;
    usage_.wire_sent += compressing ? stored / 2 : stored;
    usage_.waited += std::chrono::milliseconds(90);
    *usage_.busy += std::chrono::milliseconds(95);
    compression.stored(stored);
    if (compression.wants_quiet()) REQUIRE(compression.when_quiet());
  }
  void run(int seconds) {
    for (int i = 0; i < seconds * 10; ++i) {
      clock_.sleep(std::chrono::milliseconds(100));
      step();
    }
  }

  const imap::Capabilities& capabilities() const override { return fake_.capabilities(); }
  const std::string& label() const override { return fake_.label(); }
  Result<imap::Namespace> personal_namespace() override { return fake_.personal_namespace(); }
  Result<std::vector<imap::ListedMailbox>> list() override { return fake_.list(); }
  Result<imap::SelectedMailbox> select(const std::string& name) override {
    return fake_.select(name);
  }
  Result<imap::SelectedMailbox> status(const std::string& name) override {
    return fake_.status(name);
  }
  Result<std::optional<imap::Quota>> quota(const std::string& name) override {
    return fake_.quota(name);
  }
  Result<std::unique_ptr<imap::MessageWalk>> walk(imap::UidRange range,
                                                  imap::WalkOptions options) override {
    return fake_.walk(range, options);
  }
  Result<void> fetch_body(imap::Uid uid, std::uint64_t size, const ByteVisitor& visit) override {
    return fake_.fetch_body(uid, size, visit);
  }
  void log_out() override {}
  Result<void> create(const std::string& name) override { return fake_.create(name); }
  Result<void> subscribe(const std::string& name) override { return fake_.subscribe(name); }
  Result<void> add_flags(imap::Uid uid, std::uint8_t flags,
                         const std::vector<std::string>& keywords) override {
    return fake_.add_flags(uid, flags, keywords);
  }
  Result<void> append(std::uint64_t batch, const std::string& name,
                      std::span<const imap::AppendMessage> messages,
                      imap::LiteralSource& literals) override {
    return fake_.append(batch, name, messages, literals);
  }
  Result<imap::AppendOutcome> receive() override { return fake_.receive(); }
  bool answer_ready() override { return fake_.answer_ready(); }
  std::vector<imap::Unanswered> unanswered() const override { return fake_.unanswered(); }
  void be_careful(bool careful) override { fake_.be_careful(careful); }
  imap::AppendMode mode() const override { return fake_.mode(); }
  Result<bool> compress(bool on) override {
    ++asked;
    compressing = on && server_agrees;
    return compressing;
  }
  imap::WireUsage wire_usage() const override { return usage_; }

 private:
  test::FakeTarget fake_;
  test::FakeClock& clock_;
  imap::WireUsage usage_;

 public:
  bool compressing = false;
  bool line_is_limit = true;
  bool server_agrees = true;
  int asked = 0;
  Compression compression;
};

struct Job {
  Job() { server.capabilities.compress = true; }
  test::FakeClock clock;
  test::FakeServer server{clock};
  test::SilentObserver observer;
  Tracker tracker{observer};
  CompressionFinding finding{true};
};

}  // namespace

TEST_CASE("what one connection finds worth it, the others do without a trial") {
  Job job;
  SlowLine first(job.server, job.tracker, job.finding);
  SlowLine second(job.server, job.tracker, job.finding);
  for (int i = 0; i < 100; ++i) {
    job.clock.sleep(std::chrono::milliseconds(100));
    first.step();
    second.step();
  }
  CHECK(first.compressing);
  CHECK(second.compressing);
  CHECK(first.asked + second.asked == 2);
  REQUIRE(job.observer.notices.size() == 1);
  CHECK(job.observer.notices.front().find("compressed") != std::string::npos);
}

TEST_CASE("what one connection finds useless, no other tries") {
  Job job;
  SlowLine first(job.server, job.tracker, job.finding);
  SlowLine second(job.server, job.tracker, job.finding);
  first.line_is_limit = second.line_is_limit = false;
  first.run(20);
  second.run(20);
  CHECK_FALSE(first.compressing);
  CHECK(first.asked == 2);
  CHECK(second.asked == 0);
  CHECK(job.observer.notices.empty());
}

TEST_CASE("a server that refuses is asked once a job") {
  Job job;
  SlowLine first(job.server, job.tracker, job.finding);
  SlowLine second(job.server, job.tracker, job.finding);
  first.server_agrees = false;
  first.run(20);
  second.run(20);
  CHECK(first.asked == 1);
  CHECK(second.asked == 0);
}

TEST_CASE("a connection that ends while it tries leaves the trial to the next") {
  Job job;
  {
    SlowLine first(job.server, job.tracker, job.finding);
    first.run(3);
    REQUIRE(first.asked == 1);
  }
  SlowLine second(job.server, job.tracker, job.finding);
  second.run(10);
  CHECK(second.compressing);
}

TEST_CASE("nothing is tried unless it is automatic") {
  Job job;
  CompressionFinding never(false);
  SlowLine line(job.server, job.tracker, never);
  line.run(20);
  CHECK(line.asked == 0);
}

TEST_CASE("a server that does not offer it is not asked") {
  Job job;
  job.server.capabilities.compress = false;
  SlowLine line(job.server, job.tracker, job.finding);
  line.run(20);
  CHECK(line.asked == 0);
}
