// SPDX-License-Identifier: Apache-2.0
// A last message that was not written to its end when it was indexed.
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

TEST_CASE("one that is stored already is another archive's when it is longer") {
  JobBench bench;
  bench.plain_archive(3);
  bench.append_to_archive("From a@b Thu Nov 10 11:00:00 2011\nSubject: late\n\nhalf");
  require_complete(bench.run());
  bench.append_to_archive(" of it, and the rest\n\n");
  const auto result = bench.run();
  REQUIRE(result.error);
  CHECK(result.error->code == ErrorCode::archive_changed);
  CHECK(bench.server.mailboxes.at("INBOX").mails.size() == 4);
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
