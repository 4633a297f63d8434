// SPDX-License-Identifier: Apache-2.0
// What SELECT, LIST and STATUS make of odd words.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "imap/target/imap_target.h"
#include "mboxferry/message/metadata.h"
#include "support/scripted_stream.h"

using namespace mboxferry;
using namespace mboxferry::imap;

namespace {

/// Logged in to a server that says these one after the other.
std::unique_ptr<Target> connected(std::vector<std::string> answers) {
  answers.insert(answers.begin(), {"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hello\r\n",
                                   "t1 OK [CAPABILITY IMAP4rev1] welcome\r\n"});
  const auto script = [answers, turn = std::size_t{0}](
                          std::string_view, bool waited_for) mutable -> std::optional<std::string> {
    if (!waited_for || turn == answers.size()) return std::nullopt;
    return answers[turn++];
  };
  Account account;
  account.user = "anne";
  auto target =
      connect_on(std::make_unique<test::ScriptedStream>(script, std::make_shared<std::string>()),
                 account, {}, AppendMode::automatic, "t");
  if (!target) FAIL(describe(target.error()));
  return std::move(*target);
}

SelectedMailbox selected(const std::string& data) {
  // Where UIDNEXT is not told, STATUS is asked for it.
  const auto mailbox =
      connected({data + "1 OK done\r\n", "t2 OK noop\r\n", "2 NO none\r\n"})->select("Mail");
  if (!mailbox) FAIL(describe(mailbox.error()));
  return *mailbox;
}

}  // namespace

TEST_CASE("the flags that stay are those that the server names") {
  const PermanentFlags some =
      selected("* OK [PERMANENTFLAGS (\\Seen $Label1 \\Draft)] some\r\n").permanent_flags;
  CHECK(some.system == (message::kSeen | message::kDraft));
  CHECK(some.keywords == std::vector<std::string>{"$Label1"});
  CHECK(!some.any_keyword);
  CHECK(selected("* OK [PERMANENTFLAGS (\\*)] any\r\n").permanent_flags.any_keyword);
  const PermanentFlags none = selected("* OK [PERMANENTFLAGS ()] none\r\n").permanent_flags;
  CHECK(none.system == 0);
  CHECK(!none.any_keyword);
  const PermanentFlags all = selected("* 1 EXISTS\r\n").permanent_flags;
  CHECK(all.system == 0xff);
  CHECK(all.any_keyword);
}

TEST_CASE("a response code that no parser expects harms nobody") {
  for (const std::string code :
       {"[PERMANENTFLAGS (%%)]", "[PERMANENTFLAGS (\\Seen %)]", "[PERMANENTFLAGS]", "[UIDNEXT]",
        "[BADCHARSET (%)]", "[APPENDUID 1 1:*]", "[CAPABILITY]", "[", "[]"}) {
    INFO(code);
    CHECK(selected("* OK " + code + " odd\r\n* 7 EXISTS\r\n").exists == 7);
    CHECK(connected({"* OK " + code + " odd\r\n* LIST () \"/\" a\r\n1 OK done\r\n"})
              ->list()
              ->size() == 1);
  }
}

TEST_CASE("numbers that no mailbox can have are not taken") {
  const SelectedMailbox mailbox = selected(
      "* OK [UIDVALIDITY 9223372036854775808] v\r\n* OK [UIDNEXT 99999999999999999999] n\r\n"
      "* 99999999999999999999 EXISTS\r\n");
  CHECK(mailbox.uid_validity == 0);
  CHECK(mailbox.uid_next == 0);
  CHECK(mailbox.exists == 0);
}

TEST_CASE("a mailbox that cannot be read from the list is left out of it") {
  for (const std::string data : {"* LIST () \"/\"\r\n", "* LIST (((( \"/\" a\r\n"}) {
    INFO(data);
    const auto listed =
        connected({"* LIST () \"/\" a\r\n" + data + "* LIST () \"/\" b\r\n1 OK done\r\n"})->list();
    REQUIRE(listed);
    REQUIRE(listed->size() == 2);
    CHECK(listed->front().name == "a");
    CHECK(listed->back().name == "b");
  }
}

TEST_CASE("a name with spaces that is not quoted is read to the end of its line") {
  const auto listed = connected({"* LIST (\\HasChildren) \"\\\\\" INBOX\r\n"
                                 "* LIST (\\HasNoChildren) \"\\\\\" Folder\\Subfolder 1\r\n"
                                 "* LIST () NIL the \"best\" of  all\r\n1 OK done\r\n"})
                          ->list();
  REQUIRE(listed);
  REQUIRE(listed->size() == 3);
  CHECK((*listed)[1].name == "Folder\\Subfolder 1");
  CHECK((*listed)[1].separator == '\\');
  CHECK((*listed)[2].name == "the \"best\" of  all");
}

TEST_CASE("a name that is not quoted and not clear is left out of the list") {
  for (const std::string name : {"a\tb", "a b ", " a b", "\"a\" b", "(a) b", "\"", ""}) {
    INFO(name);
    const auto listed =
        connected({"* LIST () \"/\" " + name + "\r\n* LIST () \"/\" b\r\n1 OK done\r\n"})->list();
    REQUIRE(listed);
    REQUIRE(listed->size() == 1);
    CHECK(listed->front().name == "b");
  }
}

TEST_CASE("a list with NUL, or that ends within a literal, is a broken protocol") {
  using namespace std::string_literals;
  for (const std::string data : {"* LIST () \"/\" {99999999}\r\n"s, "* LIST () \"/\" \0\r\n"s}) {
    INFO(data);
    const auto listed = connected({data + "1 OK done\r\n"})->list();
    REQUIRE(!listed);
    CHECK(listed.error().code == ErrorCode::protocol);
  }
}

TEST_CASE("whatever the lines of a message look like, it is read") {
  const std::string body = "Subject: x\r\n\r\n" + std::string(300, '(') +
                           "\r\n{99999999999}\r\n* BYE\r\nt2 BAD\r\n[PERMANENTFLAGS (%\r\n";
  const auto target = connected({"* 1 FETCH (UID 7 BODY[] {" + std::to_string(body.size()) +
                                 "}\r\n" + body + ")\r\nt2 OK done\r\n"});
  std::string read;
  const auto done = target->fetch_body(7, body.size(), [&](std::string_view bytes) {
    read += bytes;
    return ok();
  });
  if (!done) FAIL(describe(done.error()));
  CHECK(read == body);
}

TEST_CASE("an empty line behind a literal, or between answers, is passed over, and many are not") {
  const auto read = [](const std::string& blanks) {
    const auto target =
        connected({"* 1 FETCH (UID 7 BODY[] {3}\r\nabc" + blanks + ")\r\nt2 OK done\r\n"});
    std::string bytes;
    const auto done = target->fetch_body(7, 3, [&](std::string_view some) {
      bytes += some;
      return ok();
    });
    return done ? bytes : std::string("refused");
  };
  CHECK(read("") == "abc");
  CHECK(read("\r\n") == "abc");
  CHECK(read("\r\n\r\n") == "refused");
  const auto listed =
      connected({"* LIST () \"/\" {1}\r\na\r\n\r\n* LIST () \"/\" {1}\r\nb\r\n\r\n1 OK done\r\n"})
          ->list();
  REQUIRE(listed);
  REQUIRE(listed->size() == 2);
  CHECK((*listed)[1].name == "b");
  const auto with_blanks = [](const std::string& blanks) {
    return connected({blanks + "* LIST () \"/\" a\r\n" + blanks + "1 OK done\r\n"})->list();
  };
  CHECK(with_blanks("\r\n"));
  CHECK(!with_blanks("\r\n\r\n\r\n\r\n\r\n"));
}

TEST_CASE("an empty string for a separator is none") {
  const auto listed = connected({"* LIST () \"\" \"a/b\"\r\n1 OK done\r\n"})->list();
  REQUIRE(listed);
  CHECK(listed->front().name == "a/b");
  CHECK(listed->front().separator == 0);
}

TEST_CASE("refusals keep their scope, their words and the patience that is asked for") {
  const auto absent = connected({"1 NO [NONEXISTENT] no such mailbox\r\n"})->select("Mail");
  REQUIRE(!absent);
  CHECK(absent.error().code == ErrorCode::refused);
  CHECK(absent.error().scope == ErrorScope::mailbox);
  CHECK_THAT(absent.error().what, Catch::Contains("no such mailbox"));
  const auto later = connected({"1 NO [UNAVAILABLE] later\r\n"})->list();
  REQUIRE(!later);
  CHECK(later.error().code == ErrorCode::try_later);
  CHECK(later.error().scope == ErrorScope::session);
  const auto bad = connected({"1 BAD what\r\n"})->list();
  REQUIRE(!bad);
  CHECK(bad.error().code == ErrorCode::protocol);
  const auto bye = connected({"* BYE shutting down\r\n"})->list();
  REQUIRE(!bye);
  CHECK(bye.error().code == ErrorCode::unavailable);
}
