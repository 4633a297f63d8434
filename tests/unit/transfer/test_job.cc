// SPDX-License-Identifier: Apache-2.0
// Whole jobs against a store in memory that misbehaves on command.
#include "mboxferry/transfer/job.h"
#include "unit/transfer/job_bench.h"

using namespace mboxferry;
using Bench = test::JobBench;
using test::FakeServer;
using test::FakeTarget;
using test::require_complete;

TEST_CASE("every message arrives once, in order, as it was") {
  Bench bench;
  bench.plain_archive(10);
  require_complete(bench.run());
  bench.require_each_once(10);
  const auto& mails = bench.server.mailboxes.at("INBOX").mails;
  CHECK(mails[3].bytes == "Message-ID: <3@x>\r\nSubject: 3\r\n\r\nbody 3\r\n");
  CHECK(mails[3].told.internal_date->unix_seconds == 1320919380);
}

TEST_CASE("running a finished job again sends nothing") {
  Bench bench;
  bench.plain_archive(10);
  require_complete(bench.run());
  const int appends = bench.server.appends;
  require_complete(bench.run());
  CHECK(bench.server.appends == appends);
}

TEST_CASE("a connection cut before the last byte makes no duplicate and loses nothing") {
  Bench bench;
  bench.plain_archive(20);
  bench.server.cut_before_last_byte = {1, 2, 4};
  require_complete(bench.run());
  bench.require_each_once(20);
}

TEST_CASE("a lost reply after the last byte makes no duplicate") {
  Bench bench;
  bench.plain_archive(20);
  bench.server.lose_reply = {1, 3, 4};
  require_complete(bench.run());
  bench.require_each_once(20);
}

TEST_CASE("a commit that appears after the reconnect makes no duplicate") {
  Bench bench;
  bench.plain_archive(20);
  bench.server.commit_late = {{1, std::chrono::milliseconds(900)},
                              {3, std::chrono::milliseconds(1400)}};
  require_complete(bench.run());
  bench.require_each_once(20);
}

TEST_CASE("a commit that appears while the process is stopped makes no duplicate") {
  Bench bench;
  bench.plain_archive(20);
  bench.server.status_delay = std::chrono::seconds(5);
  bench.server.commit_late = {{1, std::chrono::seconds(11)}};
  require_complete(bench.run());
  bench.require_each_once(20);
}

TEST_CASE("a mailbox that others keep sending to is reconciled all the same") {
  Bench bench;
  bench.plain_archive(20);
  bench.server.mails_of_others = 2000;
  bench.server.lose_reply = {1};
  bench.server.commit_late = {{2, std::chrono::milliseconds(900)}, {4, std::chrono::hours(24)}};
  require_complete(bench.run());
  CHECK(bench.server.mails_of_others > 1500);
  auto bodies = bench.bodies();
  CHECK(bodies.erase("other\r\n") == 1);
  CHECK(bodies.size() == 20);
  CHECK(std::all_of(bodies.begin(), bodies.end(), [](const auto& one) { return one.second == 1; }));
}

TEST_CASE("mailboxes without messages in doubt do not wait for the one that settles") {
  Bench bench;
  // The fake clock does not wait for the reader of the archive: it is to be done before.
  bench.settings.skip_existing = true;
  bench.settings.mapping.mailbox = "Box";
  bench.archive_tree(3, 8);
  bench.server.commit_late = {{1, std::chrono::milliseconds(700)}};
  std::map<std::string, std::chrono::steady_clock::time_point> last_of;
  bench.server.says = [&](const std::string& bytes, std::size_t) {
    last_of[bytes.substr(bytes.rfind(" of "))] = bench.clock.now();
    return std::optional<imap::AppendOutcome>();
  };
  require_complete(bench.run());
  CHECK(last_of.size() == 3);
  CHECK(last_of[" of 1\r\n"] < last_of[" of 0\r\n"]);
  CHECK(last_of[" of 2\r\n"] < last_of[" of 0\r\n"]);
  for (int folder = 0; folder < 3; ++folder)
    CHECK(bench.server.mailboxes.at(fmt::format("Box/f{}", folder)).mails.size() == 8);
}

TEST_CASE(
    "a resumed job waits for a slow server's late commit as long as the one that died would") {
  Bench bench;
  bench.plain_archive(20);
  bench.server.answer_delay = std::chrono::milliseconds(1000);
  bench.server.commit_late = {{3, std::chrono::milliseconds(3500)}};
  bench.server.client_dies = true;
  REQUIRE(bench.run().error);
  require_complete(bench.run());
  bench.require_each_once(20);
}

TEST_CASE("a server without UIDPLUS gets every message once, and lost replies make no duplicate") {
  Bench bench;
  bench.plain_archive(20);
  bench.server.capabilities.uidplus = false;
  bench.server.lose_reply = {2};
  require_complete(bench.run());
  bench.require_each_once(20);
  require_complete(bench.run());
  bench.require_each_once(20);
}

TEST_CASE("equal copies without Message-ID are all kept, and not doubled by a lost reply") {
  Bench bench;
  bench.archive(12, [](int) { return "Subject: same\n\nequal\n"; });
  bench.settings.index.date_order = {message::DateSource::header};
  bench.server.lose_reply = {2};
  bench.server.commit_late = {{4, std::chrono::milliseconds(700)}};
  require_complete(bench.run());
  CHECK(bench.bodies().at("equal\r\n") == 12);
}

TEST_CASE("a message with NUL and without Message-ID is found again, though shown with 0x80") {
  Bench bench;
  bench.archive(8, [](int i) {
    return fmt::format("Subject: x\n\nbody {}", i) + std::string(1, '\0') + "end\n";
  });
  bench.server.lose_reply = {1};
  require_complete(bench.run());
  bench.require_each_once(8);
}

TEST_CASE("one message that the server refuses is isolated, the others arrive") {
  Bench bench;
  bench.plain_archive(20);
  bench.server.refuse = [](const std::string& bytes) {
    return bytes.find("body 7\r\n") != std::string::npos;
  };
  const transfer::JobResult result = bench.run();
  CHECK(result.verdict == transfer::Verdict::refused);
  CHECK(bench.server.mailboxes.at("INBOX").mails.size() == 19);
  CHECK(bench.bodies().count("body 7\r\n") == 0);
  CHECK(bench.quarantine().find("body 7\r\n") != std::string::npos);
  CHECK(bench.quarantine().find("body 8\r\n") == std::string::npos);
}

TEST_CASE("a message that gets BAD is tried without keywords and then refused; the rest arrives") {
  Bench bench;
  bench.archive(6, [](int i) {
    return fmt::format("Status: {}\nX-Keywords: $Odd{}\n\nbody {}\n", i == 4 ? "" : "RO", i, i);
  });
  SECTION("without its keywords it is taken") {
    bench.server.bad = [](const imap::AppendMessage& told) {
      return !told.keywords.empty() && told.keywords.front() == "$Odd2";
    };
    require_complete(bench.run());
    bench.require_each_once(6);
  }
  SECTION("a head that is never taken is refused with the server's words") {
    bench.server.bad = [](const imap::AppendMessage& told) { return told.flags == 0; };
    CHECK(bench.run().verdict == transfer::Verdict::refused);
    bench.require_each_once(5);
    CHECK(bench.quarantine().find("body 4\r\n") != std::string::npos);
  }
}

TEST_CASE("a changed UIDVALIDITY between runs makes no duplicate") {
  Bench bench;
  bench.plain_archive(9);
  require_complete(bench.run());
  auto& box = bench.server.mailboxes.at("INBOX");
  box.validity = 8;
  for (test::StoredMail& mail : box.mails) mail.uid += 100;
  box.next = 200;
  require_complete(bench.run());
  bench.require_each_once(9);
}

TEST_CASE("what was taken away with its mailbox is not put back, and what is new is not lost") {
  Bench bench;
  bench.plain_archive(9);
  require_complete(bench.run());
  auto& box = bench.server.mailboxes.at("INBOX");
  box.validity = 8;
  // Three are there under other UIDs.
  box.mails.resize(3);
  for (test::StoredMail& mail : box.mails) mail.uid += 100;
  box.next = 200;
  bench.append_to_archive("From a@b Thu Nov 10 11:00:00 2011\nSubject: new\n\nbody new\n\n");
  bench.server.client_dies = true;
  bench.server.commit_late[bench.server.appends + 1] = std::chrono::milliseconds(10);
  CHECK(bench.run().error);
  bench.server.client_dies = false;
  require_complete(bench.run());
  CHECK(bench.bodies().size() == 4);
  CHECK(bench.bodies().count("body new\r\n") == 1);
}

TEST_CASE("an archive that grew is topped up, one that changed stops the job") {
  Bench bench;
  bench.plain_archive(5);
  require_complete(bench.run());
  SECTION("grown") {
    bench.append_to_archive("From a@b Thu Nov 10 11:00:00 2011\nSubject: new\n\nbody new\n\n");
    require_complete(bench.run());
    bench.require_each_once(6);
    CHECK(bench.bodies().count("body new\r\n") == 1);
  }
  SECTION("changed") {
    bench.archive(5, [](int i) { return fmt::format("Subject: other\n\nother {}\n", i); });
    const transfer::JobResult result = bench.run();
    REQUIRE(result.error);
    CHECK(result.error->code == ErrorCode::archive_changed);
    bench.require_each_once(5);
  }
}

TEST_CASE("a server that asks for patience for ever ends the job resumably") {
  Bench bench;
  bench.plain_archive(3);
  bench.server.refuse = [](const std::string&) { return true; };
  bench.server.refuse_code = imap::ResponseCode::unavailable;
  bench.server.refuse_retry = {Retry::When::later, std::chrono::milliseconds(100)};
  const transfer::JobResult result = bench.run();
  REQUIRE(result.error);
  CHECK(result.error->code == ErrorCode::try_later);
  bench.server.refuse = nullptr;
  require_complete(bench.run());
  bench.require_each_once(3);
}

TEST_CASE("mail that was there before is left alone, and stored no second time") {
  Bench bench;
  bench.plain_archive(3);
  imap::AppendMessage told;
  told.internal_date = Timestamp{1320919200, 0};
  std::vector<test::StoredMail> before{
      {0, "Message-ID: <0@x>\r\nSubject: 0\r\n\r\nbody 0\r\n", told},
      {0, "Message-ID: <live@x>\r\nSubject: 0\r\n\r\nlive\r\n", told},
      {0, "Message-ID: <more@x>\r\nSubject: 0\r\n\r\nmore\r\n", told}};
  bench.server.commit("INBOX", before);
  require_complete(bench.run());
  CHECK(bench.server.mailboxes.at("INBOX").mails.size() == 5);
}

TEST_CASE("a server that hangs up at first is asked again, one that is not there is not") {
  Bench bench;
  bench.plain_archive(3);
  bench.failing_connections = 1;
  bench.connection_failure = {
      ErrorCode::unavailable, "lost", "", ErrorScope::session, {Retry::When::now, {}}};
  SECTION("hangs up once") {
    require_complete(bench.run());
    CHECK(bench.attempts == 2);
  }
  SECTION("hangs up again and again") {
    bench.failing_connections = 100;
    CHECK(bench.run().error->code == ErrorCode::unavailable);
    CHECK(bench.attempts == 3);
  }
  SECTION("is not there") {
    bench.connection_failure.retry.when = Retry::When::later;
    CHECK(bench.run().error->code == ErrorCode::unavailable);
    CHECK(bench.attempts == 1);
  }
}

TEST_CASE("a server that replaces 8-bit bytes of headers makes no duplicate of a lost reply") {
  Bench bench;
  bench.server.masks_headers = true;
  bench.server.lose_reply = {1};
  bench.archive(6, [](int i) { return fmt::format("Subject: caf\xe9 {}\n\nbody {}\n", i, i); });
  require_complete(bench.run());
  bench.require_each_once(6);
}

TEST_CASE("other mail of the same size is not taken for a message with 8-bit bytes") {
  Bench bench;
  bench.server.masks_headers = true;
  bench.server.cut_before_last_byte = {1};
  bench.archive(1, [](int i) { return fmt::format("Subject: caf\xe9 {}\n\nbody {}\n", i, i); });
  test::StoredMail other{0, "Subject: tea\xe9 0\r\n\r\nbody 0\r\n", {}};
  other.told.internal_date = Timestamp{1320919200, 0};
  std::vector<test::StoredMail> mails{other};
  bench.server.commit("INBOX", mails);
  require_complete(bench.run());
  CHECK(bench.server.mailboxes.at("INBOX").mails.size() == 2);
}

TEST_CASE("verification walks through a mailbox once, however long it is") {
  Bench bench;
  bench.settings.batch.messages = 500;
  bench.plain_archive(1700);
  require_complete(bench.run());
  bench.require_each_once(1700);
  CHECK(bench.server.walks == 1);
}

TEST_CASE("keywords that the server lost are put back by the comparison at the end") {
  Bench bench;
  bench.server.loses_keywords = true;
  bench.archive(3, [](int i) {
    return fmt::format("X-Keywords: Work k{}\nSubject: {}\n\nbody {}\n", i, i, i);
  });
  SECTION("where it takes them") {
    require_complete(bench.run());
    bench.require_each_once(3);
    for (const auto& mail : bench.server.mailboxes.at("INBOX").mails)
      CHECK(mail.told.keywords.size() == 2);
    CHECK(bench.server.walks == 2);
  }
  SECTION("where it does not, that is told and nothing is put back again") {
    bench.server.keeps_no_more = true;
    require_complete(bench.run());
    CHECK(bench.told("the server does not keep keywords of 3 messages"));
    const int walks = bench.server.walks;
    require_complete(bench.run());
    CHECK(bench.server.walks == walks + 1);
    CHECK(bench.told("the server does not keep keywords of 3 messages"));
    CHECK_FALSE(bench.told("gone since"));
  }
  SECTION("to who is strict, it is an error") {
    bench.server.keeps_no_more = true;
    bench.settings.strict = true;
    const auto result = bench.run();
    CHECK(result.verdict == transfer::Verdict::failed);
    REQUIRE(result.error);
    CHECK(result.error->what.find("3 are different") != std::string::npos);
  }
}

TEST_CASE("what is lost in a run stays an error, what people take away later is a note") {
  Bench bench;
  bench.plain_archive(6);
  auto& mails = bench.server.mailboxes.at("INBOX").mails;
  const auto forget = [&](const std::string& body) {
    std::erase_if(mails, [&](const test::StoredMail& mail) {
      return mail.bytes.find(body) != std::string::npos;
    });
  };
  SECTION("people") {
    require_complete(bench.run());
    forget("body 2\r\n");
    mails.front().told.flags = 0;
    require_complete(bench.run());
    CHECK(bench.told("gone since an earlier run compared them: 2 messages"));
    CHECK(mails.front().told.flags == 0);
    bench.settings.strict = true;
    const auto result = bench.run();
    REQUIRE(result.error);
    CHECK(result.error->what.find("1 messages are missing on the server and 1 are different") !=
          std::string::npos);
    CHECK(mails.front().told.flags == 0);
  }
  SECTION("a server") {
    bench.server.forgets = "body 2\r\n";
    for (int run = 0; run < 2; ++run) {
      const auto result = bench.run();
      REQUIRE(result.error);
      CHECK(result.error->what.find("1 messages are missing") != std::string::npos);
    }
    forget("body 4\r\n");
    const auto result = bench.run();
    REQUIRE(result.error);
    CHECK(result.error->what.find("1 messages are missing") != std::string::npos);
    CHECK(bench.told("gone since an earlier run compared them: 1 message "));
  }
}

TEST_CASE("however many messages a server shows late, what it never shows is missing") {
  constexpr imap::Uid kCount = 20'100;
  Bench bench;
  bench.plain_archive(kCount);
  std::optional<std::chrono::steady_clock::time_point> first_look;
  // Nothing at first, then every other one, and in the end all but fifty.
  bench.server.hides = [&](imap::Uid uid) {
    if (!first_look) first_look = bench.clock.now();
    const auto since = bench.clock.now() - *first_look;
    if (since < std::chrono::milliseconds(400)) return true;
    return uid % 2 == 0 && (since < std::chrono::milliseconds(1200) || uid > kCount - 100);
  };
  const transfer::JobResult result = bench.run();
  REQUIRE(result.error);
  CHECK(result.error->what.find("50 messages are missing on the server") != std::string::npos);
}

TEST_CASE("dates and sizes that a server does not keep are told, when the content is the same") {
  Bench bench;
  bench.plain_archive(300);
  bench.settings.batch.messages = 100;
  bench.server.ignores_dates = true;
  SECTION("the content is the same") {
    require_complete(bench.run());
    CHECK(bench.told("the server changed INTERNALDATE of 300 messages"));
    CHECK(bench.server.bodies_read >= 50);
    CHECK(bench.server.bodies_read < 300);
  }
  SECTION("it is not, of every message") {
    bench.server.spoils = true;
    const auto result = bench.run();
    REQUIRE(result.error);
    CHECK(result.error->what.find("300 are different") != std::string::npos);
  }
  SECTION("to who is strict, it is an error") {
    bench.settings.strict = true;
    const auto result = bench.run();
    REQUIRE(result.error);
    CHECK(result.error->what.find("300 are different") != std::string::npos);
  }
}

TEST_CASE("an archive that is written to while it is sent is looked at again") {
  Bench bench;
  bench.archive(20, [](int i) {
    return fmt::format("X-Mozilla-Status: 0000\nSubject: {}\n\nbody {}\n", i, i);
  });
  SECTION("a flag") {
    bench.server.at_append[3] = [&] {
      bench.overwrite("0000\nSubject: 1\n", "0001");
      bench.overwrite("0000\nSubject: 18\n", "0004");
      bench.overwrite("0000\nSubject: 19\n", "0008");
    };
    require_complete(bench.run());
    bench.require_each_once(19);
    const auto& mails = bench.server.mailboxes.at("INBOX").mails;
    CHECK(mails[1].told.flags == 0);
    CHECK(mails[18].told.flags == message::kFlagged);
    CHECK(mails[18].bytes.starts_with("X-Mozilla-Status: 0004\r\n"));
    CHECK(bench.told("1 message was deleted meanwhile and is left out"));
  }
  SECTION("new mail") {
    bench.server.at_append[2] = [&] {
      bench.append_to_archive("From a@b Thu Nov 10 11:00:00 2011\nSubject: new\n\nbody new\n\n");
    };
    require_complete(bench.run());
    bench.require_each_once(21);
  }
  SECTION("another body") {
    bench.server.at_append[3] = [&] { bench.overwrite("body 18\n", "bodY"); };
    const auto result = bench.run();
    REQUIRE(result.error);
    CHECK(result.error->code == ErrorCode::archive_changed);
    CHECK(bench.bodies().count("bodY 18\r\n") == 0);
    bench.overwrite("bodY 18\n", "body");
    require_complete(bench.run());
    bench.require_each_once(20);
  }
  SECTION("the file is shorter") {
    bench.server.at_append[3] = [&] { bench.archive(3, [](int) { return "Subject: x\n\nx\n"; }); };
    const auto result = bench.run();
    REQUIRE(result.error);
    CHECK(result.error->code == ErrorCode::archive_changed);
    CHECK(bench.bodies().count("x\r\n") == 0);
  }
}
