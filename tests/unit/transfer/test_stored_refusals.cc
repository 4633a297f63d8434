// SPDX-License-Identifier: Apache-2.0
// Servers that say NO to a message and store it all the same.
#include "mboxferry/journal/journal.h"
#include "mboxferry/transfer/progress.h"
#include "unit/transfer/job_bench.h"

using namespace mboxferry;
using test::JobBench;
using test::require_complete;

namespace {

imap::AppendOutcome refused(const std::string& text, imap::ResponseCode code, bool patience) {
  imap::AppendOutcome outcome;
  outcome.kind = imap::AppendOutcome::Kind::refused;
  outcome.code = code;
  outcome.text = text;
  outcome.retry.when = patience ? Retry::When::later : Retry::When::never;
  return outcome;
}

/// NO to what `wanted` says, which is stored after `delay`.
void stores_refused(JobBench& bench, const imap::AppendOutcome& answer,
                    std::function<bool(const std::string&)> wanted,
                    std::chrono::milliseconds delay = {}) {
  bench.server.stores_refused_after = delay;
  bench.server.says = [answer, wanted = std::move(wanted)](
                          const std::string& bytes,
                          std::size_t) -> std::optional<imap::AppendOutcome> {
    return wanted(bytes) ? std::optional(answer) : std::nullopt;
  };
}

std::size_t told_of_it(const JobBench& bench) {
  return static_cast<std::size_t>(std::count_if(
      bench.observer.notices.begin(), bench.observer.notices.end(),
      [](const std::string& line) { return line.find("said NO") != std::string::npos; }));
}

}  // namespace

TEST_CASE("a server that says NO to everything and stores it gets each message once") {
  const auto answer = GENERATE(refused("no", imap::ResponseCode::none, false),
                               refused("Server Unavailable. 15", imap::ResponseCode::none, true),
                               refused("too big", imap::ResponseCode::too_big, false),
                               refused("slow down", imap::ResponseCode::limit, true));
  const std::size_t batch = GENERATE(1, 4);
  const bool uidplus = GENERATE(true, false);
  const bool late = GENERATE(true, false);
  INFO(answer.text << ", batches of " << batch << (late ? ", late" : ""));
  JobBench bench;
  bench.settings.batch.messages = batch;
  bench.server.capabilities.uidplus = uidplus;
  bench.plain_archive(24);
  stores_refused(
      bench, answer, [](const std::string&) { return true; },
      std::chrono::milliseconds(late ? 300 : 0));
  require_complete(bench.run());
  bench.require_each_once(24);
  CHECK(told_of_it(bench) == 1);
  require_complete(bench.run());
  bench.require_each_once(24);
}

TEST_CASE("one message that is refused and stored is found") {
  JobBench bench;
  bench.plain_archive(24);
  stores_refused(
      bench, refused("odd", imap::ResponseCode::none, false),
      [](const std::string& bytes) { return bytes.find("body 7\r\n") != std::string::npos; });
  require_complete(bench.run());
  bench.require_each_once(24);
}

TEST_CASE("a run that ends at a refusal leaves it to the next to look") {
  JobBench bench;
  bench.plain_archive(12);
  bench.settings.batch.messages = 1;
  stores_refused(
      bench, refused("full", imap::ResponseCode::over_quota, false),
      [](const std::string& bytes) { return bytes.find("body 7\r\n") != std::string::npos; });
  const auto first = bench.run();
  REQUIRE(first.error);
  CHECK(first.error->code == ErrorCode::try_later);
  bench.server.says = nullptr;
  require_complete(bench.run());
  bench.require_each_once(12);
}

TEST_CASE("a server that has stored what it refused is not believed by later runs") {
  JobBench bench;
  bench.plain_archive(6);
  stores_refused(bench, refused("no", imap::ResponseCode::none, false),
                 [](const std::string&) { return true; });
  require_complete(bench.run());
  bench.append_to_archive("From a@b Thu Nov 10 12:00:00 2011\nSubject: new\n\nbody new\n\n");
  require_complete(bench.run());
  bench.require_each_once(7);
  CHECK(told_of_it(bench) == 0);
}

TEST_CASE("a server that means its NO is asked once for each kind of it") {
  JobBench bench;
  bench.settings.batch.messages = 1;
  bench.plain_archive(40);
  bench.server.says = [](const std::string& bytes,
                         std::size_t) -> std::optional<imap::AppendOutcome> {
    const int number = std::atoi(bytes.c_str() + bytes.find("body ") + 5);
    if (number % 4 != 0) return std::nullopt;
    return refused(number % 8 == 0 ? "virus 17" : "spam 4", imap::ResponseCode::none, false);
  };
  const auto walks = [&bench] { return bench.server.walks; };
  CHECK(bench.run().verdict == transfer::Verdict::refused);
  bench.require_each_once(30);
  CHECK(told_of_it(bench) == 0);
  CHECK(walks() < 20);
}
