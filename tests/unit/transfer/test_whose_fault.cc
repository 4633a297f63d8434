// SPDX-License-Identifier: Apache-2.0
// Which messages got what, and whose fault it then is: sequences against a store in memory.
#include "imap/reply/response_codes.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/transfer/job.h"
#include "transfer/upload/blame.h"
#include "unit/transfer/job_bench.h"

using namespace mboxferry;
using imap::AppendOutcome;
using test::require_complete;
using Kind = AppendOutcome::Kind;

namespace {

/// In memory where that can be: there are many jobs here, and no disk is tested.
class Bench : public test::JobBench {
 public:
  Bench() : JobBench(std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : "/tmp") {}
};

/// As the append pipeline makes it of a server's line.
AppendOutcome said(Kind kind, const std::string& code, const std::string& text) {
  const imap::Meaning meaning = imap::meaning_of(code, text);
  AppendOutcome outcome;
  outcome.kind = kind;
  outcome.code = meaning.code;
  if (kind == Kind::bad && meaning.code == imap::ResponseCode::none)
    outcome.code = imap::ResponseCode::bad;
  outcome.text = text;
  outcome.retry = meaning.retry;
  outcome.fault = meaning.fault;
  return outcome;
}
AppendOutcome no(const std::string& code, const std::string& text) {
  return said(Kind::refused, code, text);
}
AppendOutcome bad(const std::string& code, const std::string& text) {
  return said(Kind::bad, code, text);
}

int number_of(const std::string& bytes) {
  return std::atoi(bytes.c_str() + bytes.find("body ") + 5);
}

/// Which message the server says what to, how often it was said, and how often each was alone.
struct Script {
  std::function<bool(int message, int times_said)> when;
  AppendOutcome what;
  std::map<int, int> said_of;
  std::map<int, int> alone;

  std::function<std::optional<AppendOutcome>(const std::string&, std::size_t)> answers() {
    return [this](const std::string& bytes, std::size_t together) -> std::optional<AppendOutcome> {
      const int message = number_of(bytes);
      if (together == 1) ++alone[message];
      if (!when(message, said_of[message])) return std::nullopt;
      ++said_of[message];
      return what;
    };
  }
};

struct Case {
  const char* name;
  std::function<bool(int message, int times_said)> when;
  AppendOutcome what;
  std::optional<ErrorCode> error;
  int stored;
  int refused;
};

std::size_t refused_of(const Bench& bench) {
  const auto journal =
      journal::Journal::open(bench.settings.journal_path, journal::OpenMode::read_only);
  REQUIRE(journal);
  return (*journal)->counts(0)->refused.messages;
}

constexpr int kCount = 24;

bool always(int message, int) { return message >= 0; }
bool the_seventh(int message, int) { return message == 7; }

}  // namespace

TEST_CASE("sequences of answers decide whose fault a refusal is") {
  const std::string bug = "Internal error occurred. Refer to server log.";
  const std::vector<Case> cases{
      {"NO to one", the_seventh, no("", "contains a virus"), {}, kCount - 1, 1},
      {"NO [LIMIT] to one",
       the_seventh,
       no("LIMIT", "Too many identical messages"),
       {},
       kCount - 1,
       1},
      {"NO [SERVERBUG] to one", the_seventh, no("SERVERBUG", bug), {}, kCount - 1, 1},
      {"NO [UNAVAILABLE] to one", the_seventh, no("UNAVAILABLE", "not now"), {}, kCount - 1, 1},
      {"BAD to one", the_seventh, bad("", "Command Error. 10"), {}, kCount - 1, 1},
      {"BAD that asks for patience to one",
       the_seventh,
       bad("", "Request is throttled. Suggested Backoff Time: 100 milliseconds"),
       {},
       kCount - 1,
       1},
      {"NO to the last",
       [](int m, int) { return m == kCount - 1; },
       no("", "virus"),
       {},
       kCount - 1,
       1},
      {"NO [LIMIT] to the last",
       [](int m, int) { return m == kCount - 1; },
       no("LIMIT", "Too many identical messages"),
       {},
       kCount - 1,
       1},
      {"NO to the first", [](int m, int) { return m == 0; }, no("", "virus"), {}, kCount - 1, 1},
      {"NO to five in a row",
       [](int m, int) { return m >= 8 && m < 13; },
       no("", "virus"),
       {},
       kCount - 5,
       5},
      {"NO to every third",
       [](int m, int) { return m % 3 == 0; },
       no("", "virus"),
       {},
       kCount - 8,
       8},
      {"BAD to every eighth",
       [](int m, int) { return m % 8 == 3; },
       bad("", "what?"),
       {},
       kCount - 3,
       3},
      {"NO to the last five", [](int m, int) { return m >= kCount - 5; },
       no("", "no more of this today"), ErrorCode::try_later, kCount - 5, 0},
      {"NO to all", always, no("", "System error"), ErrorCode::try_later, 0, 0},
      {"BAD to all", always, bad("", "Command Error. 12"), ErrorCode::try_later, 0, 0},
      {"NO [LIMIT] to all", always, no("LIMIT", "slow down"), ErrorCode::try_later, 0, 0},
      {"BAD throttled to all", always, bad("", "Request is throttled."), ErrorCode::try_later, 0,
       0},
      {"NO [NOPERM] to all", always, no("NOPERM", "not yours"), ErrorCode::try_later, 0, 0},
      {"full after ten", [](int m, int) { return m >= 10; },
       no("", "APPEND The 1500 MB storage limit has been exceeded."), ErrorCode::try_later, -1, 0},
      {"BAD [OVERQUOTA]", [](int m, int) { return m >= 10; }, bad("OVERQUOTA", "full"),
       ErrorCode::try_later, -1, 0},
      {"each once unavailable",
       [](int, int times) { return times == 0; },
       no("", "Server Unavailable. 15"),
       {},
       kCount,
       0},
      {"some twice without a code",
       [](int m, int times) { return m % 10 == 5 && times < 2; },
       no("", "try my brother"),
       {},
       kCount,
       0},
      {"BAD throttled three times",
       [](int m, int times) { return m == 0 && times < 3; },
       bad("", "Request is throttled. Suggested Backoff Time: 3000 milliseconds"),
       {},
       kCount,
       0},
  };
  for (const Case& one : cases) {
    for (const std::size_t batch : {1U, 4U}) {
      INFO(one.name << ", batches of " << batch);
      Bench bench;
      bench.settings.batch.messages = batch;
      bench.plain_archive(kCount);
      Script script{one.when, one.what, {}, {}};
      bench.server.says = script.answers();
      const transfer::JobResult result = bench.run();
      INFO((result.error ? describe(*result.error) : std::string("no error")));
      CHECK(refused_of(bench) == static_cast<std::size_t>(one.refused));
      for (const auto& [body, count] : bench.bodies()) CHECK(count == 1);
      if (one.stored >= 0)
        CHECK(bench.server.mailboxes.at("INBOX").mails.size() ==
              static_cast<std::size_t>(one.stored));
      CHECK(result.error.has_value() == one.error.has_value());
      if (one.error && result.error) CHECK(result.error->code == *one.error);
      // Whatever it was, all is well when the server is.
      bench.server.says = nullptr;
      const auto again = bench.run();
      CHECK(again.verdict ==
            (one.refused > 0 ? transfer::Verdict::refused : transfer::Verdict::complete));
      bench.require_each_once(kCount - one.refused);
    }
  }
}

TEST_CASE("the wait that a server asks for in a BAD is not undercut") {
  Bench bench;
  bench.plain_archive(kCount);
  Script script{[](int, int times) { return times == 0; },
                bad("", "Request is throttled. Suggested Backoff Time: 9000 milliseconds"),
                {},
                {}};
  bench.settings.batch.messages = kCount;
  bench.server.says = [&, answers = script.answers(), told = false](
                          const std::string& bytes,
                          std::size_t together) mutable -> std::optional<AppendOutcome> {
    if (std::exchange(told, true)) return std::nullopt;
    return answers(bytes, together);
  };
  const auto before = bench.clock.now();
  require_complete(bench.run());
  CHECK(bench.clock.now() - before >= std::chrono::seconds(9));
}

TEST_CASE("a message that ends the connection each time is found out with few logins") {
  Bench bench;
  bench.plain_archive(kCount);
  bench.server.dies = [](const std::string& bytes) { return number_of(bytes) == 7; };
  CHECK(bench.run().verdict == transfer::Verdict::refused);
  bench.require_each_once(kCount - 1);
  CHECK(bench.quarantine().find("body 7\r\n") != std::string::npos);
  CHECK(bench.server.connections <= 7);
}

TEST_CASE("on a network that fails at many messages, no message is found guilty by chance") {
  Bench bench;
  bench.settings.batch.messages = 1;
  bench.plain_archive(kCount);
  std::map<int, int> ends;
  bench.server.dies = [&](const std::string& bytes) {
    const int number = number_of(bytes);
    return ends[number]++ < (number == kCount ? 5 : 2);
  };
  require_complete(bench.run());
  bench.require_each_once(kCount);
}

TEST_CASE("a connection that ends at everything is not the messages' fault") {
  Bench bench;
  bench.plain_archive(kCount);
  bench.server.dies = [](const std::string&) { return true; };
  CHECK(bench.run().error->code == ErrorCode::try_later);
  CHECK(refused_of(bench) == 0);
  bench.server.dies = nullptr;
  require_complete(bench.run());
  bench.require_each_once(kCount);
}

TEST_CASE("what is known to be the message's own fault is said once") {
  for (const auto& answer :
       {no("LIMIT", "Mail size is larger than the maximum size allowed"),
        no("", "Maximum size of appendable message has been exceeded"),
        bad("TOOBIG", "Message too large."), no("", "contains NUL characters")}) {
    INFO(answer.text);
    Bench bench;
    bench.settings.batch.messages = 1;
    bench.plain_archive(kCount);
    Script script{the_seventh, answer, {}, {}};
    bench.server.says = script.answers();
    CHECK(bench.run().verdict == transfer::Verdict::refused);
    bench.require_each_once(kCount - 1);
    // A BAD in a window of several is told again of the message alone.
    CHECK(script.said_of.at(7) <= (answer.kind == Kind::bad ? 2 : 1));
    const auto journal =
        journal::Journal::open(bench.settings.journal_path, journal::OpenMode::read_only);
    REQUIRE(journal);
    REQUIRE((*journal)->each(journal::State::refused, 0, [&](const journal::MessageRow& row) {
      CHECK(row.code == imap::response_code_name(answer.code));
      return ok();
    }));
  }
}

TEST_CASE("whatever a server says of the mailbox, one that takes the others is not at fault") {
  const std::string code = GENERATE("NOPERM", "TRYCREATE");
  const bool together = GENERATE(true, false);
  Bench bench;
  bench.server.capabilities.multiappend = together;
  bench.plain_archive(12);
  bench.server.says = [&](const std::string& bytes, std::size_t) {
    return bytes.find("body 0\r\n") == std::string::npos ? std::nullopt
                                                         : std::optional(no(code, "nope"));
  };
  const auto result = bench.run();
  INFO(code << ' ' << together << (result.error ? describe(*result.error) : std::string()));
  CHECK(result.verdict == transfer::Verdict::refused);
  CHECK(refused_of(bench) == 1);
  bench.require_each_once(11);
}

TEST_CASE(
    "TRYCREATE of one message among many costs seconds, and the mailbox is opened once more") {
  Bench bench;
  constexpr int kMany = 300;
  bench.plain_archive(kMany);
  Script script{[](int m, int) { return m == 170; }, no("TRYCREATE", "no such mailbox"), {}, {}};
  bench.server.says = script.answers();
  bench.settings.batch = {200, 64u << 20, 8};
  const auto begun = bench.clock.now();
  const auto result = bench.run();
  CHECK(result.verdict == transfer::Verdict::refused);
  bench.require_each_once(kMany - 1);
  CHECK(refused_of(bench) == 1);
  CHECK(bench.clock.now() - begun < std::chrono::seconds(10));
  CHECK(bench.attempts == 2);
}

TEST_CASE("one message that is over quota does not hold up those that were sent together with it") {
  Bench bench;
  bench.plain_archive(12);
  bench.server.says = [](const std::string& bytes, std::size_t) {
    return bytes.find("body 11\r\n") == std::string::npos ? std::nullopt
                                                          : std::optional(no("OVERQUOTA", "full"));
  };
  const auto result = bench.run();
  REQUIRE(result.error);
  CHECK(result.error->code == ErrorCode::try_later);
  bench.require_each_once(11);
}

TEST_CASE("a connection that ends says nothing about keywords") {
  Bench bench;
  bench.archive(12, [](int i) {
    return fmt::format("Message-ID: <{}@x>\nX-Keywords: Important\n\nbody {}.\n", i, i);
  });
  bench.server.dies = [ends = 0](const std::string& bytes) mutable {
    return bytes.find("body 5.") != std::string::npos && ends++ < 3;
  };
  require_complete(bench.run());
  bench.require_each_once(12);
  for (const test::StoredMail& mail : bench.server.mailboxes.at("INBOX").mails)
    CHECK(mail.told.keywords == std::vector<std::string>{"Important"});
}

TEST_CASE("a busy server costs no message its keywords") {
  const auto answer =
      GENERATE_COPY(bad("", "Request is throttled. Suggested Backoff Time: 100 milliseconds"),
                    bad("LIMIT", "Rate limit hit"), no("THROTTLED", "Too many requests"));
  INFO(answer.text);
  Bench bench;
  bench.settings.batch.messages = 1;
  bench.archive(12, [](int i) {
    return fmt::format("Message-ID: <{}@x>\nX-Keywords: Important\n\nbody {}\n", i, i);
  });
  bench.server.says = [&, times = 0](const std::string& bytes, std::size_t) mutable {
    return number_of(bytes) >= 5 && times < 3 ? (++times, std::optional(answer)) : std::nullopt;
  };
  require_complete(bench.run());
  bench.require_each_once(12);
  for (const test::StoredMail& mail : bench.server.mailboxes.at("INBOX").mails)
    CHECK(mail.told.keywords == std::vector<std::string>{"Important"});
}

TEST_CASE("a tree behind one poisoned message arrives in the first run") {
  Bench bench;
  bench.settings.mapping.mailbox = "Box";
  bench.archive_tree(30, 1);
  bench.server.says = [](const std::string& bytes, std::size_t) -> std::optional<AppendOutcome> {
    if (bytes.find("body 0 of 0\r\n") == std::string::npos) return std::nullopt;
    return no("LIMIT", "Too many identical messages");
  };
  CHECK(bench.run().verdict == transfer::Verdict::refused);
  CHECK(refused_of(bench) == 1);
  for (int folder = 1; folder < 30; ++folder)
    CHECK(bench.server.mailboxes.at(fmt::format("Box/f{}", folder)).mails.size() == 1);
}

TEST_CASE("a mailbox that takes nothing is left for later, and the others go on") {
  Bench bench;
  bench.settings.mapping.mailbox = "Box";
  bench.archive_tree(3, 8);
  bench.server.says = [](const std::string& bytes, std::size_t) -> std::optional<AppendOutcome> {
    if (bytes.find(" of 1\r\n") == std::string::npos) return std::nullopt;
    return no("", "Permission denied");
  };
  const auto result = bench.run();
  REQUIRE(result.error);
  CHECK(result.error->code == ErrorCode::try_later);
  CHECK(result.error->what.find("Box/f1") != std::string::npos);
  CHECK(refused_of(bench) == 0);
  CHECK(bench.server.mailboxes.at("Box/f0").mails.size() == 8);
  CHECK(bench.server.mailboxes.at("Box/f2").mails.size() == 8);
  bench.server.says = nullptr;
  require_complete(bench.run());
  CHECK(bench.server.mailboxes.at("Box/f1").mails.size() == 8);
}

TEST_CASE("words are compared without what differs from answer to answer") {
  CHECK(transfer::lasting_words("Internal error [2017-12-15 11:39:12] sc=Xx0_1") ==
        transfer::lasting_words("internal error [2018-01-02 01:00:00] sc=Yy1_2"));
  CHECK(transfer::lasting_words("full") != transfer::lasting_words("busy"));
}

TEST_CASE("a server that refuses keywords in words of its own gets the messages without them") {
  const std::size_t batch = GENERATE(1, 4);
  INFO("batches of " << batch);
  Bench bench;
  bench.settings.batch.messages = batch;
  constexpr int kMany = 60;
  bench.archive(kMany, [](int i) {
    return fmt::format("Message-ID: <{}@x>\nX-Keywords: Important{}\n\nbody {}\n", i, i % 3, i);
  });
  int refusals = 0;
  bench.server.refuse_head = [&](const imap::AppendMessage& message) {
    return !message.keywords.empty() && ++refusals > 0;
  };
  const auto begun = bench.clock.now();
  const auto result = bench.run();
  require_complete(result);
  bench.require_each_once(kMany);
  for (const test::StoredMail& mail : bench.server.mailboxes.at("INBOX").mails)
    CHECK(mail.told.keywords.empty());
  CHECK(refusals < 40);
  CHECK(bench.clock.now() - begun < std::chrono::seconds(60));
  require_complete(bench.run());
  bench.require_each_once(kMany);
}

TEST_CASE("a server that refuses some keywords only keeps the others") {
  Bench bench;
  bench.settings.batch.messages = 4;
  bench.archive(60, [](int i) {
    return fmt::format("Message-ID: <{}@x>\nX-Keywords: {}\n\nbody {}\n", i,
                       i % 3 == 0 ? "with.dot" : "plain", i);
  });
  bench.server.refuse_head = [](const imap::AppendMessage& message) {
    return std::any_of(message.keywords.begin(), message.keywords.end(),
                       [](const auto& keyword) { return keyword.find('.') != std::string::npos; });
  };
  require_complete(bench.run());
  bench.require_each_once(60);
  int kept = 0;
  for (const test::StoredMail& mail : bench.server.mailboxes.at("INBOX").mails)
    kept += mail.told.keywords == std::vector<std::string>{"plain"};
  CHECK(kept == 40);
}

TEST_CASE(
    "a server that says NO to everything for a while costs two messages their keywords at "
    "most") {
  Bench bench;
  bench.settings.batch.messages = 1;
  bench.archive(40, [](int i) {
    return fmt::format("Message-ID: <{}@x>\nX-Keywords: Important\n\nbody {}\n", i, i);
  });
  const auto from = bench.clock.now();
  bench.server.says = [&](const std::string&, std::size_t) -> std::optional<AppendOutcome> {
    return bench.clock.now() - from < std::chrono::seconds(6)
               ? std::optional(no("", "try my brother"))
               : std::nullopt;
  };
  require_complete(bench.run());
  bench.require_each_once(40);
  int kept = 0;
  for (const test::StoredMail& mail : bench.server.mailboxes.at("INBOX").mails)
    kept += mail.told.keywords == std::vector<std::string>{"Important"};
  CHECK(kept >= 38);
}

TEST_CASE("neighbours that are always refused with a plea for patience hold up no others") {
  const std::size_t batch = GENERATE(1, 4, 40);
  INFO("batches of " << batch);
  Bench bench;
  bench.settings.batch.messages = batch;
  constexpr int kMany = 40;
  bench.plain_archive(kMany);
  Script script{[](int m, int) { return m < 5 || m == 20; },
                no("SERVERBUG", "Internal error occurred."),
                {},
                {}};
  bench.server.says = script.answers();
  const auto result = bench.run();
  INFO((result.error ? describe(*result.error) : std::string("no error")));
  CHECK(result.verdict == transfer::Verdict::refused);
  CHECK(refused_of(bench) == 6);
  bench.require_each_once(kMany - 6);
}
