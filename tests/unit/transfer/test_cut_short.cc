// SPDX-License-Identifier: Apache-2.0
// A last message that was not written to its end when it was indexed.
#include "mboxferry/transfer/progress.h"
#include "unit/transfer/job_bench.h"

using namespace mboxferry;
using test::JobBench;
using test::require_complete;

TEST_CASE("a last message that was indexed half is sent as a whole") {
  JobBench bench;
  bench.plain_archive(3);
  bench.append_to_archive("From a@b Thu Nov 10 11:00:00 2011\nSubject: late\n\nhalf");
  // Three are stored on the first day.
  bench.settings.limits.messages_per_day = 3;
  CHECK(bench.run().error->code == ErrorCode::try_later);
  CHECK(bench.server.mailboxes.at("INBOX").mails.size() == 3);
  bench.append_to_archive(" of it, and the rest\n\n");
  bench.append_to_archive("From a@b Thu Nov 10 12:00:00 2011\nSubject: last\n\nlast\n\n");
  bench.settings.limits.messages_per_day = 0;
  for (int run = 0; run < 2; ++run) {
    require_complete(bench.run());
    bench.require_each_once(5);
    CHECK(bench.bodies().count("half of it, and the rest\r\n") == 1);
  }
}

TEST_CASE("one that is stored half stays beside the whole one, and that is told") {
  const std::string half = "From a@b Thu Nov 10 11:00:00 2011\nSubject: late\n\nhalf of it, ";
  const std::string next = "From a@b Thu Nov 10 12:00:00 2011\nSubject: last\n\nlast\n\n";
  const std::size_t size = GENERATE(range(std::size_t{40}, std::size_t{61}));
  INFO(size);
  JobBench bench;
  bench.plain_archive(3);
  bench.append_to_archive(half.substr(0, size));
  REQUIRE(bench.run().error == std::nullopt);
  const auto& mails = bench.server.mailboxes.at("INBOX").mails;
  const std::size_t stored = mails.size();
  bench.append_to_archive(half.substr(size) + "and the rest\n\n");
  require_complete(bench.run());
  CHECK(bench.bodies().count("half of it, and the rest\r\n") == 1);
  CHECK(mails.size() == stored + 1);
  // One that was left out before has nothing beside it.
  CHECK(bench.told("1 message is stored and not in it any more") == (stored == 4));
  for (std::size_t more = 1; more < 3; ++more) {
    bench.append_to_archive(next);
    for (int run = 0; run < 2; ++run) require_complete(bench.run());
    CHECK(mails.size() == stored + 1 + more);
  }
}

TEST_CASE("a last message that was stored and is another one now is sent beside it") {
  JobBench bench;
  bench.plain_archive(3);
  bench.append_to_archive("From a@b Thu Nov 10 11:00:00 2011\nSubject: late\n\none text\n");
  require_complete(bench.run());
  bench.overwrite("one text\n", "two text\n");
  bench.append_to_archive("which is longer\n");
  for (int run = 0; run < 2; ++run) {
    require_complete(bench.run());
    CHECK(bench.server.mailboxes.at("INBOX").mails.size() == 5);
    CHECK(bench.told("1 message is stored and not in it any more") == (run == 0));
  }
}

TEST_CASE("a last line without an end that was just written is left for the next run") {
  JobBench bench;
  bench.plain_archive(3);
  bench.append_to_archive("From a@b Thu Nov 10 11:00:00 2011\nSubject: late\n\nhalf");
  const std::int64_t now = bench.clock.unix_seconds();
  bench.set_archive_time(now - 2);
  CHECK(bench.run().verdict == transfer::Verdict::incomplete);
  CHECK(bench.told("is being written: its last line has no end yet"));
  bench.require_each_once(3);
  SECTION("the rest comes") {
    bench.append_to_archive(" of it, and the rest\n\n");
    bench.set_archive_time(now);
    require_complete(bench.run());
    bench.require_each_once(4);
    CHECK(bench.bodies().count("half of it, and the rest\r\n") == 1);
  }
  SECTION("nothing comes any more") {
    bench.set_archive_time(now - 60);
    require_complete(bench.run());
    bench.require_each_once(4);
    CHECK(bench.bodies().count("half\r\n") == 1);
  }
}

TEST_CASE("an archive that is appended to before every command is stored as it stands") {
  JobBench bench;
  bench.plain_archive(20);
  int written = 0;
  for (int command = 1; command <= 400; ++command) {
    bench.server.at_append[command] = [&] {
      const std::string text = fmt::format(
          "From a@b Thu Nov 10 11:00:00 2011\nSubject: new\n\nbody new {}\n\n", written / 2);
      const std::size_t half = text.size() / 2;
      bench.append_to_archive(written % 2 == 0 ? text.substr(0, half) : text.substr(half));
      ++written;
    };
  }
  const auto result = bench.run();
  CHECK(result.verdict == transfer::Verdict::incomplete);
  CHECK(bench.told("is written to without pause"));
  CHECK(bench.server.mailboxes.at("INBOX").mails.size() >= 20);
  bench.server.at_append.clear();
  if (written % 2 == 1) {
    const std::string text = fmt::format(
        "From a@b Thu Nov 10 11:00:00 2011\nSubject: new\n\nbody new {}\n\n", written / 2);
    bench.append_to_archive(text.substr(text.size() / 2));
    ++written;
  }
  require_complete(bench.run());
  bench.require_each_once(20 + written / 2);
}
