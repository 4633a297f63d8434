// SPDX-License-Identifier: Apache-2.0
// Servers that give one UID to different messages.
#include "transfer/mailbox/given_uids.h"
#include "unit/transfer/job_bench.h"

using namespace mboxferry;
using test::JobBench;
using test::require_complete;

TEST_CASE("a server that gives every message the same UID is not believed") {
  const imap::Uid given = GENERATE(1u, 7u, 5000u, 4294967295u);
  const std::size_t batch = GENERATE(1, 4);
  const int lost = GENERATE(0, 3);
  INFO(given << ", batches of " << batch << ", answer lost: " << lost);
  JobBench bench;
  bench.settings.batch.messages = batch;
  // The last four are two pairs of equal messages, of which nothing may be called merged.
  bench.archive(24, [](int i) {
    return i < 20 ? fmt::format("Message-ID: <{}@x>\nSubject: {}\n\nbody {}\n", i, i, i)
                  : fmt::format("Subject: equal\n\nbody equal {}\n", i % 2);
  });
  bench.server.tells_uid = [given](imap::Uid) { return given; };
  if (lost > 0) bench.server.lose_reply = {lost};
  require_complete(bench.run());
  CHECK(bench.told("to different messages"));
  CHECK(!bench.told("merged"));
  CHECK(bench.server.mailboxes.at("INBOX").mails.size() == 24);
  CHECK(bench.bodies().size() == 22);
  bench.append_to_archive("From a@b Thu Nov 10 12:00:00 2011\nSubject: new\n\nbody new\n\n");
  const auto again = bench.run();
  require_complete(again);
  CHECK(!bench.told("to different messages"));
  CHECK(!bench.told("merged"));
  CHECK(bench.server.mailboxes.at("INBOX").mails.size() == 25);
}

TEST_CASE("a server that gives the UIDs of the batch before is not believed") {
  JobBench bench;
  bench.plain_archive(24);
  bench.server.tells_uid = [](imap::Uid uid) { return (uid - 1) % 4 + 1; };
  require_complete(bench.run());
  CHECK(bench.told("to different messages"));
  CHECK(!bench.told("merged"));
  bench.require_each_once(24);
}

TEST_CASE("a message that goes missing is missed on a server whose UIDs are all the same") {
  JobBench bench;
  bench.plain_archive(24);
  bench.server.tells_uid = [](imap::Uid) { return imap::Uid{1}; };
  bench.server.forgets = "body 7\r\n";
  const auto result = bench.run();
  REQUIRE(result.error);
  CHECK_THAT(result.error->what, Catch::Contains("missing"));
  CHECK(!bench.told("merged"));
}

TEST_CASE("a UID that is given again to the same mail is believed") {
  transfer::GivenUids uids;
  journal::MessageRow one;
  one.digest.fill(1);
  one.message_id_hash = 5;
  journal::MessageRow other = one;
  other.digest.fill(2);
  CHECK(uids.note(7, one));
  CHECK(uids.note(7, one));
  CHECK(uids.note(7, other));
  other.message_id_hash = 6;
  CHECK(uids.note(8, other));
  CHECK_FALSE(uids.note(7, other));
  uids.recall({});
  CHECK(uids.note(7, other));
}
