// SPDX-License-Identifier: Apache-2.0
// Servers that store mail in another form, and answers that get lost there.
#include "mboxferry/transfer/job.h"
#include "unit/transfer/job_bench.h"

using namespace mboxferry;
using namespace mboxferry::test;

namespace {

/// Counts by a line that no server alters.
struct AlteredBench : JobBench {
  AlteredBench() {
    server.alters = [this](std::string& bytes) {
      bytes = fmt::format("X-Added: {}\r\n", ++added_) + bytes;
      const std::size_t at = bytes.find("\nbody");
      if (at != std::string::npos) bytes.replace(at, 5, "\nBODY was rewritten,");
    };
  }
  void archive_with(bool message_id, int count) {
    archive(count, [&](int i) {
      return (message_id ? fmt::format("Message-ID: <{}@x>\n", i) : std::string()) +
             fmt::format("From: a <a@b>\nSubject: =?utf-8?q?n=C2=B0_{}?=\n\nbody\nline {}\n", i, i);
    });
  }
  void require_each_once(int count) const {
    std::map<std::string, int> counted;
    for (const StoredMail& mail : server.mailboxes.at("INBOX").mails)
      ++counted[mail.bytes.substr(mail.bytes.find("\nline "))];
    CHECK(server.mailboxes.at("INBOX").mails.size() == static_cast<std::size_t>(count));
    CHECK(counted.size() == static_cast<std::size_t>(count));
  }
  /// All is there; the server changed it, which is a failure of its own.
  void require_arrived(const transfer::JobResult& result) const {
    REQUIRE(result.error);
    INFO(result.error->what);
    CHECK(result.error->code == ErrorCode::refused);
    CHECK(result.error->what.find("are different") != std::string::npos);
    CHECK(result.error->what.find("all messages are on the server") != std::string::npos);
  }

 private:
  int added_ = 0;
};

}  // namespace

TEST_CASE("a lost answer of a server that alters mail makes no duplicate") {
  for (const bool uidplus : {true, false}) {
    for (const int lost : {1, 2, 4}) {
      for (const bool message_id : {true, false}) {
        CAPTURE(uidplus, lost, message_id);
        AlteredBench bench;
        bench.server.capabilities.uidplus = uidplus;
        bench.archive_with(message_id, 20);
        bench.server.lose_reply = {lost};
        bench.require_arrived(bench.run());
        bench.require_each_once(20);
      }
    }
  }
}

TEST_CASE("what a server that alters mail commits late makes no duplicate") {
  AlteredBench bench;
  bench.archive_with(true, 20);
  bench.server.commit_late = {{1, std::chrono::milliseconds(900)},
                              {3, std::chrono::milliseconds(1400)}};
  bench.require_arrived(bench.run());
  bench.require_each_once(20);
}

TEST_CASE("what a server that alters mail has not got is sent") {
  AlteredBench bench;
  bench.archive_with(true, 20);
  bench.server.cut_before_last_byte = {1, 3, 4};
  bench.server.lose_reply = {2};
  bench.require_arrived(bench.run());
  bench.require_each_once(20);
}

TEST_CASE("a whole job without an answer is found in another form") {
  AlteredBench bench;
  bench.settings.batch.messages = 20;
  bench.archive_with(true, 10);
  bench.server.lose_reply = {1};
  bench.require_arrived(bench.run());
  bench.require_each_once(10);
}

TEST_CASE("a server that alters mail and ignores dates is known by Message-IDs") {
  AlteredBench bench;
  bench.server.ignores_dates = true;
  bench.archive_with(true, 20);
  bench.server.lose_reply = {1, 3};
  bench.require_arrived(bench.run());
  bench.require_each_once(20);
}

TEST_CASE("a replaced Message-ID makes no duplicate") {
  for (const int lost : {1, 3}) {
    CAPTURE(lost);
    AlteredBench bench;
    int given = 0;
    bench.server.alters = [&](std::string& bytes) {
      const std::size_t at = bytes.find("Message-ID: <");
      REQUIRE(at != std::string::npos);
      bytes.replace(at, bytes.find('\n', at) - at,
                    fmt::format("Message-ID: <OF{:08X}.server>\r", 1000 + ++given));
    };
    bench.archive_with(true, 20);
    bench.server.lose_reply = {lost};
    bench.require_arrived(bench.run());
    bench.require_each_once(20);
  }
}

TEST_CASE("one message under another Message-ID stays in doubt where nothing decides") {
  AlteredBench bench;
  bench.server.alters = [](std::string& bytes) {
    bytes.replace(bytes.find("Message-ID: <"), 13, "Message-ID: <OF");
  };
  bench.archive_with(true, 1);
  bench.server.lose_reply = {1};
  for (int runs = 0; runs < 2; ++runs) {
    const auto result = bench.run();
    REQUIRE(result.error);
    CHECK(result.error->code == ErrorCode::try_later);
    bench.require_each_once(1);
  }
}

TEST_CASE("equal messages in another form are found as often as they are there") {
  AlteredBench bench;
  bench.archive(12, [](int i) {
    return fmt::format("Message-ID: <{}@x>\nSubject: s\n\nbody\nline {}\n", i / 3, i / 3);
  });
  bench.server.lose_reply = {1, 2};
  static_cast<void>(bench.run());
  CHECK(bench.server.mailboxes.at("INBOX").mails.size() == 12);
}

TEST_CASE("one message that nothing decides stays in doubt until the user decides") {
  AlteredBench bench;
  bench.archive_with(true, 1);
  bench.server.lose_reply = {1};
  for (int run = 0; run < 2; ++run) {
    const auto result = bench.run();
    REQUIRE(result.error);
    INFO(result.error->what);
    CHECK(result.error->code == ErrorCode::try_later);
    CHECK(result.error->what.find("1 message is in doubt") != std::string::npos);
    CHECK(bench.told("in doubt: mail"));
    bench.require_each_once(1);
  }
  bench.settings.resend_doubtful = true;
  static_cast<void>(bench.run());
  CHECK(bench.server.mailboxes.at("INBOX").mails.size() == 2);
}

TEST_CASE("what is confirmed later decides what stayed in doubt") {
  AlteredBench bench;
  bench.settings.batch.messages = 1;
  bench.archive_with(true, 8);
  bench.server.lose_reply = {1};
  bench.require_arrived(bench.run());
  bench.require_each_once(8);
}

TEST_CASE("a message of the same Message-ID on an ordinary server is not taken for ours") {
  JobBench bench;
  bench.plain_archive(8);
  bench.server.at_append = {{2, [&] {
                               std::vector<StoredMail> other{
                                   {0, "Message-ID: <6@x>\r\nSubject: 6\r\n\r\nanother\r\n", {}}};
                               other.front().told.internal_date = Timestamp{1'000'000'000, 0};
                               bench.server.commit("INBOX", other);
                             }}};
  bench.server.cut_before_last_byte = {2};
  require_complete(bench.run());
  CHECK(bench.server.mailboxes.at("INBOX").mails.size() == 9);
}

TEST_CASE("mail without Message-ID is known by its envelope where no UIDs are told") {
  AlteredBench bench;
  bench.server.capabilities.uidplus = false;
  bench.archive_with(false, 20);
  bench.require_arrived(bench.run());
  bench.require_each_once(20);
}

TEST_CASE("mail of others with the date of a message that was lost is not taken for it") {
  JobBench bench;
  bench.server.capabilities.uidplus = false;
  bench.archive(8, [](int i) { return fmt::format("Subject: {}\n\nbody {}\n", i, i); });
  bench.server.forgets = "body 7\r\n";
  bench.server.at_append = {
      {2, [&] {
         std::vector<StoredMail> other{{0, "Subject: other\r\n\r\nmuch longer\r\n", {}}};
         // That of message 7: Thu Nov 10 10:07:00 2011.
         other.front().told.internal_date = Timestamp{1'320'919'620, 0};
         bench.server.commit("INBOX", other);
       }}};
  const auto result = bench.run();
  REQUIRE(result.error);
  INFO(result.error->what);
  CHECK(result.error->what.find("1 messages are missing on the server and 0 are different") !=
        std::string::npos);
}

TEST_CASE("with a message in doubt it is not said that all are on the server") {
  AlteredBench bench;
  bench.settings.batch.messages = 1;
  bench.settings.batch.in_flight = 1;
  // The second has no Message-ID, and much more is added to it than to the first.
  bench.server.alters = [](std::string& bytes) {
    bytes = "X-Added: 1\r\n" + bytes;
    if (bytes.find("\nbody") != std::string::npos) bytes += std::string(200, 'x') + "\r\n";
  };
  bench.archive(2, [](int i) {
    return fmt::format("{}Subject: n {}\n\n{}\nline {}\n", i == 0 ? "Message-ID: <0@x>\n" : "", i,
                       i == 0 ? "text" : "body", i);
  });
  bench.server.lose_reply = {2};
  const auto result = bench.run();
  REQUIRE(result.error);
  INFO(result.error->what);
  CHECK(result.error->code == ErrorCode::try_later);
  CHECK(result.error->what.find("1 message is in doubt") != std::string::npos);
  CHECK(bench.server.mailboxes.at("INBOX").mails.size() == 2);
}
