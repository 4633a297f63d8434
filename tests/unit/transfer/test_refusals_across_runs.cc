// SPDX-License-Identifier: Apache-2.0
// Messages that are always refused, when nothing else is left that could pass in between.
#include "imap/reply/response_codes.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/transfer/job.h"
#include "unit/transfer/job_bench.h"

using namespace mboxferry;
using imap::AppendOutcome;

namespace {

class RefusalBench : public test::JobBench {
 public:
  RefusalBench() : JobBench(std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : "/tmp") {}

  /// Every message of which `is_refused` is true gets this NO, or this BAD.
  void refuse(const std::function<bool(const std::string& bytes)>& is_refused, bool bad,
              const std::string& code, const std::string& text) {
    const imap::Meaning meaning = imap::meaning_of(code, text);
    AppendOutcome outcome;
    outcome.kind = bad ? AppendOutcome::Kind::bad : AppendOutcome::Kind::refused;
    outcome.code = bad ? imap::ResponseCode::bad : meaning.code;
    outcome.text = text;
    outcome.retry = meaning.retry;
    outcome.fault = meaning.fault;
    server.says = [=](const std::string& bytes, std::size_t) {
      return is_refused(bytes) ? std::optional(outcome) : std::nullopt;
    };
  }
  [[nodiscard]] std::size_t refused() const {
    const auto journal =
        journal::Journal::open(settings.journal_path, journal::OpenMode::read_only);
    REQUIRE(journal);
    return (*journal)->counts(0)->refused.messages;
  }
  /// Runs at most so many times, until one ends with another verdict than "later".
  int run_until_done(int most) {
    for (int runs = 1;; ++runs) {
      result = run();
      const bool later = result.error && result.error->code == ErrorCode::try_later;
      if (!later || runs == most) return runs;
    }
  }

  transfer::JobResult result;
};

int body_number(const std::string& bytes) {
  return std::atoi(bytes.c_str() + bytes.find("body ") + 5);
}

}  // namespace

TEST_CASE("what is always refused is found out, though nothing is left that could pass") {
  const bool bad = GENERATE(false, true);
  const std::string code = GENERATE("", "SERVERBUG");
  INFO(code << (bad ? " BAD" : " NO"));
  RefusalBench bench;
  constexpr int kCount = 32;
  bench.plain_archive(kCount);
  // Some among others, and the last eight.
  const auto poisoned = [](int message) { return message % 5 == 2 || message >= 24; };
  bench.refuse([&](const std::string& bytes) { return poisoned(body_number(bytes)); }, bad, code,
               "Internal error occurred.");
  int poison = 0;
  for (int message = 0; message < kCount; ++message) poison += poisoned(message) ? 1 : 0;
  bench.run_until_done(8);
  INFO((bench.result.error ? describe(*bench.result.error) : std::string("no error")));
  CHECK(bench.result.verdict == transfer::Verdict::refused);
  CHECK(bench.refused() == static_cast<std::size_t>(poison));
  bench.require_each_once(kCount - poison);
}

TEST_CASE(
    "a server that takes nothing any more refuses no message for good, however often it is asked") {
  const std::string code = GENERATE("", "SERVERBUG");
  RefusalBench bench;
  constexpr int kCount = 24;
  bench.plain_archive(kCount);
  bench.refuse([](const std::string& bytes) { return body_number(bytes) >= 18; }, false, code,
               "Internal error occurred.");
  CHECK(bench.run_until_done(6) == 6);
  CHECK(bench.refused() == 0);
  bench.server.says = nullptr;
  bench.run_until_done(1);
  CHECK(bench.result.verdict == transfer::Verdict::complete);
  bench.require_each_once(kCount);
}

TEST_CASE("mail that other mailboxes take in between speaks against what is left of one") {
  RefusalBench bench;
  bench.settings.mapping.mailbox = "Box";
  bench.archive_tree(3, 12);
  bench.refuse(
      [](const std::string& bytes) {
        return bytes.find(" of 1\r\n") != std::string::npos && body_number(bytes) >= 7;
      },
      false, "SERVERBUG", "Internal error occurred.");
  bench.run_until_done(8);
  INFO((bench.result.error ? describe(*bench.result.error) : std::string("no error")));
  CHECK(bench.result.verdict == transfer::Verdict::refused);
  CHECK(bench.refused() == 5);
  CHECK(bench.server.mailboxes.at("Box/f1").mails.size() == 7);
}
