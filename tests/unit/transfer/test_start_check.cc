// SPDX-License-Identifier: Apache-2.0
// Whether a job begins: mail that is there already, and room for it.
#include <filesystem>

#include "mboxferry/transfer/settings.h"
#include "transfer/check/presence_check.h"
#include "transfer/plan/quota_check.h"
#include "unit/transfer/job_bench.h"

using namespace mboxferry;
using test::JobBench;
using test::require_complete;
using transfer::Presence;

namespace {

bool there(std::size_t found, std::size_t sampled) {
  return Presence{"INBOX", sampled, found}.there();
}

void lose_journal(JobBench& bench) {
  for (const char* suffix : {"", "-wal", "-shm"})
    std::filesystem::remove(bench.settings.journal_path + suffix);
}

/// A job that has stored its mail, and whose journal is lost.
void store_once(JobBench& bench, int count) {
  bench.plain_archive(count);
  require_complete(bench.run());
  lose_journal(bench);
}

void require_stopped(JobBench& bench, int count) {
  const auto result = bench.run();
  REQUIRE(result.error);
  CHECK(result.error->code == ErrorCode::configuration);
  CHECK(bench.server.mailboxes.at("INBOX").mails.size() == static_cast<std::size_t>(count));
  CHECK_FALSE(std::filesystem::exists(bench.settings.journal_path));
}

}  // namespace

TEST_CASE("a quarter of the sample is enough, and of a few all or two") {
  CHECK_FALSE(there(0, 0));
  CHECK(there(1, 1));
  CHECK_FALSE(there(1, 2));
  CHECK(there(2, 2));
  CHECK_FALSE(there(1, 3));
  CHECK(there(2, 8));
  CHECK_FALSE(there(4, 20));
  CHECK(there(5, 20));
}

TEST_CASE("most of the sample is half of it, or half of what the mailbox holds") {
  const auto mostly = [](Presence presence) { return presence.mostly(); };
  CHECK_FALSE(mostly({"INBOX", 0, 0}));
  CHECK(mostly({"INBOX", 1, 1}));
  CHECK_FALSE(mostly({"INBOX", 20, 9}));
  CHECK(mostly({"INBOX", 20, 10}));
  Presence held{"INBOX", 20, 0};
  held.held = 9;
  held.held_found = 4;
  CHECK_FALSE(mostly(held));
  held.held_found = 5;
  CHECK(mostly(held));
}

TEST_CASE("a job whose mail is there does not begin, and leaves no journal behind") {
  JobBench bench;
  store_once(bench, 30);
  require_stopped(bench, 30);
  require_stopped(bench, 30);
}

TEST_CASE("a journal that an earlier run has written stays, whatever is found") {
  JobBench bench;
  bench.plain_archive(30);
  const std::string journal = bench.settings.journal_path;
  bench.connection_failure = {ErrorCode::login_refused, "no", ""};
  bench.failing_connections = 1;
  CHECK(bench.run().error);
  bench.settings.journal_path = journal + "2";
  require_complete(bench.run());
  bench.settings.journal_path = journal;
  const auto result = bench.run();
  REQUIRE(result.error);
  CHECK(result.error->code == ErrorCode::configuration);
  CHECK(std::filesystem::exists(journal));
}

TEST_CASE("a server that loses dates, or one that rewrites sizes, has the mail all the same") {
  const auto alter = GENERATE(0, 1);
  JobBench bench;
  store_once(bench, 30);
  for (test::StoredMail& mail : bench.server.mailboxes.at("INBOX").mails) {
    if (alter == 0) mail.told.internal_date = Timestamp{1'600'000'000, 0};
    if (alter == 1) mail.bytes.insert(0, "X-Server: was here\r\n");
  }
  require_stopped(bench, 30);
}

TEST_CASE("without a Message-ID the bytes decide, where size and date agree") {
  const bool same = GENERATE(true, false);
  const auto text = [](int i) { return fmt::format("Subject: {}\n\nbody {}\n", i, i); };
  JobBench bench;
  bench.archive(9, text);
  require_complete(bench.run());
  lose_journal(bench);
  if (!same) {
    for (test::StoredMail& mail : bench.server.mailboxes.at("INBOX").mails) mail.bytes[9] ^= 1;
    require_complete(bench.run());
    CHECK(bench.server.mailboxes.at("INBOX").mails.size() == 18);
    return;
  }
  require_stopped(bench, 9);
}

TEST_CASE("copies may be asked for, and the resumed job remembers that") {
  JobBench bench;
  store_once(bench, 30);
  bench.settings.allow_copies = true;
  bench.server.cut_before_last_byte = {bench.server.appends + 1};
  require_complete(bench.run());
  bench.settings.allow_copies = false;
  require_complete(bench.run());
  CHECK(bench.server.mailboxes.at("INBOX").mails.size() == 60);
}

TEST_CASE("a job that skips what is there is not asked") {
  JobBench bench;
  store_once(bench, 30);
  bench.settings.skip_existing = true;
  require_complete(bench.run());
  bench.require_each_once(30);
}

TEST_CASE("a job that goes on is not asked, one that stored nothing yet is") {
  JobBench bench;
  bench.plain_archive(30);
  bench.server.client_dies = true;
  bench.server.commit_late[3] = std::chrono::milliseconds(10);
  CHECK(bench.run().error);
  bench.server.client_dies = false;
  require_complete(bench.run());
  bench.require_each_once(30);
}

TEST_CASE("a large folder is sampled in all its parts, and not read as a whole for that") {
  JobBench bench;
  const std::string filler(20'000, 'x');
  const auto text = [&](int i) {
    return fmt::format("Message-ID: <{}@x>\nSubject: {}\n\n{}\n\nFrom here on {}\n", i, i, filler,
                       i);
  };
  bench.archive(50, text);
  require_complete(bench.run());
  lose_journal(bench);
  // What is there are the last 50 of 200.
  bench.archive(200, [&](int i) { return text(i < 150 ? 1000 + i : i - 150); });
  require_stopped(bench, 50);
}

TEST_CASE("a quota of messages has room for what leaves its share free") {
  imap::Quota quota;
  quota.messages = 10;
  quota.most_messages = 40;
  transfer::QuotaReserve reserve;
  CHECK(transfer::room_in(quota, reserve) == imap::Quota::kUnlimited);
  CHECK(transfer::message_room_in(quota, reserve) == 28);
  CHECK_FALSE(transfer::too_little_room(quota, journal::Count{28, 1'000'000'000}, reserve));
  CHECK(*transfer::too_little_room(quota, journal::Count{29, 9}, reserve) ==
        "the quota holds 40 messages, 10 are there and 29 are needed; 2 are kept free");
  reserve.bytes = 1000;  // of bytes
  CHECK_FALSE(transfer::too_little_room(quota, journal::Count{30, 9}, reserve));
  CHECK(transfer::too_little_room(quota, journal::Count{31, 9}, reserve));
  quota.limit = 10'000;
  CHECK(transfer::too_little_room(quota, journal::Count{31, 99'000}, reserve)->find("bytes") !=
        std::string::npos);
  quota.messages = 50;
  CHECK(transfer::message_room_in(quota, reserve) == 0);
  reserve.ignore_quota = true;
  CHECK_FALSE(transfer::too_little_room(quota, journal::Count{31, 99'000}, reserve));
}

TEST_CASE("a quota has room for what leaves the reserve free") {
  const imap::Quota quota{40'000, 100'000};
  transfer::QuotaReserve reserve;
  CHECK(transfer::room_in(quota, reserve) == 55'000);
  CHECK_FALSE(transfer::too_little_room(quota, 55'000, reserve));
  CHECK(*transfer::too_little_room(quota, 55'001, reserve) ==
        "the quota holds 100000 bytes, 40000 are used and 55001 are needed; 5000 are kept free");
  reserve.bytes = 70'000;
  CHECK(transfer::room_in(quota, reserve) == 0);
  CHECK_FALSE(transfer::too_little_room(quota, 0, reserve));
  reserve.bytes = 0;
  CHECK_FALSE(transfer::too_little_room(quota, 60'000, reserve));
  CHECK(transfer::too_little_room(quota, 60'001, reserve));
  reserve.ignore_quota = true;
  CHECK_FALSE(transfer::too_little_room(quota, 60'001, reserve));
  CHECK(transfer::room_in({200'000, 100'000}, {}) == 0);
}
