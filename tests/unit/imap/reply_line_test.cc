// SPDX-License-Identifier: Apache-2.0
// Replies of servers, the well-formed and the others.
#include "imap/wire/reply_line.h"

#include <catch2/catch.hpp>

#include "imap/reply/capability_list.h"
#include "imap/reply/response_codes.h"

using namespace mboxferry;
using namespace mboxferry::imap;
using Kind = ReplyLine::Kind;
using Status = ReplyLine::Status;

TEST_CASE("a tagged reply has status, code and words") {
  const auto line = parse_reply_line("a7 NO [OVERQUOTA extra] Quota exceeded\r\n");
  REQUIRE(line);
  CHECK(line->kind == Kind::tagged);
  CHECK(line->tag == "a7");
  CHECK(line->status == Status::no);
  CHECK(line->code == "OVERQUOTA");
  CHECK(line->code_arguments == "extra");
  CHECK(line->text == "Quota exceeded");
}

TEST_CASE("a BAD is one whatever words the server took for its tag") {
  const auto line = parse_reply_line("<p>Hello there, BAD Command Error. 10\r\n");
  REQUIRE(line);
  CHECK(line->kind == Kind::tagged);
  CHECK(line->status == Status::bad);
  CHECK(line->text == "Command Error. 10");
  CHECK(!parse_reply_line("Hello there, OK done\r\n"));
}

TEST_CASE("continuations, status without words, and data are told apart") {
  CHECK(parse_reply_line("+ go on\r\n")->kind == Kind::continuation);
  CHECK(parse_reply_line("+\r\n")->kind == Kind::continuation);
  CHECK(parse_reply_line("a1 ok\n")->status == Status::ok);
  CHECK(parse_reply_line("* BYE\r\n")->status == Status::bye);
  const auto data = parse_reply_line("* 5 EXISTS\r\n");
  CHECK(data->kind == Kind::untagged);
  CHECK(data->status == Status::none);
  CHECK(data->number == 5);
  CHECK(data->name == "EXISTS");
}

TEST_CASE("what is no reply is not read as one") {
  for (const char* line :
       {"", "\r\n", "a1", "a1 \r\n", "a1 FINE\r\n", "Subject: hello\r\n", " OK"}) {
    INFO(line);
    CHECK(!parse_reply_line(line));
  }
}

TEST_CASE("only data announces a literal, words never do") {
  const auto length = [](std::string_view line) { return announced_literal(line, line); };
  CHECK(length("* LIST () \"/\" {12}\r\n") == 12);
  CHECK(!length("* OK your quota is {12}\r\n"));
  CHECK(!length("a1 NO {12}\r\n"));
  CHECK(!length("* LIST () \"/\" {}\r\n"));
  CHECK(!length("* LIST () \"/\" {-1}\r\n"));
  CHECK(!length("* LIST () \"/\" {99999999999999999999999}\r\n"));
}

TEST_CASE("APPENDUID gives one ascending UID a message or nothing") {
  CHECK(parse_append_uid("38505 3955", 1)->uids == std::vector<Uid>{3955});
  CHECK(parse_append_uid("38505 4:6,9", 4)->uids == std::vector<Uid>{4, 5, 6, 9});
  CHECK(parse_append_uid("38505 6:4", 3)->uids == std::vector<Uid>{4, 5, 6});
  CHECK(parse_append_uid("38505 4294967294:4294967295", 2)->uids.back() == 4294967295U);
  for (const char* arguments :
       {"38505 1:4294967295", "38505 4:5", "38505 4:7", "38505 5,4,6", "38505 4,4,5", "38505 0:2",
        "0 1:3", "38505", "38505 1:2:3", "38505 4294967295:4294967297", "x 1:3", "38505 *"}) {
    INFO(arguments);
    CHECK(!parse_append_uid(arguments, 3));
  }
}

TEST_CASE("response codes and phrases have one meaning each") {
  CHECK(meaning_of("OVERQUOTA", "").code == ResponseCode::over_quota);
  // Every code of RFC 5530, RFC 9051, RFC 9208 and anybody's own keeps its name.
  for (const char* const code :
       {"CANNOT", "ALREADYEXISTS", "CLIENTBUG", "CONTACTADMIN", "CORRUPTION", "EXPUNGEISSUED",
        "HASCHILDREN", "PRIVACYREQUIRED", "UNKNOWN-CTE", "NOPERM", "OVERQUOTA", "NONEXISTENT",
        "X-PROVIDER_17"}) {
    CHECK(meaning_of(code, "the server's words").name == code);
  }
  CHECK(meaning_of("cannot", "").name == "CANNOT");
  CHECK(meaning_of("LIMIT", "Mail size is larger than the maximum size").name == "TOOBIG");
  CHECK(meaning_of("CANNOT", "Message contains NUL").name == "CANNOT");
  CHECK(meaning_of("", "Quota exceeded").name == "OVERQUOTA");
  CHECK(meaning_of("", "a virus").name.empty());
  CHECK(meaning_of(std::string(100, 'x'), "").name == std::string(64, 'X'));
  CHECK(meaning_of("\x1b[31m", "").name.empty());
  CHECK(meaning_of("overquota", "").retry.when == Retry::When::never);
  CHECK(meaning_of("LIMIT", "").retry.when == Retry::When::later);
  CHECK(meaning_of("TRYCREATE", "").code == ResponseCode::try_create);
  CHECK(meaning_of("", "Quota exceeded (mailbox full)").code == ResponseCode::over_quota);
  CHECK(meaning_of("", "Can't save a zero byte message").code == ResponseCode::none);
  const auto wait =
      meaning_of("", "Request is throttled. Suggested Backoff Time: 299961 milliseconds");
  CHECK(wait.code == ResponseCode::limit);
  CHECK(wait.retry.after == std::chrono::milliseconds(299961));
  CHECK(meaning_of("", "Suggested Backoff Time: 99999999999999999999 milliseconds").retry.after ==
        std::chrono::milliseconds(0));
  for (const char* words :
       {"Please wait", "Too many commands", "too many requests (Failure)", "Slow down!",
        "Rate limit hit", "you are rate-limited", "temporarily out of order", "try later",
        "the server is overloaded", "Temporary error"})
    CHECK(meaning_of("", words).retry.when == Retry::When::later);
  for (const char* code : {"THROTTLED", "LIMIT", "INUSE", "UNAVAILABLE"})
    CHECK(meaning_of(code, "").retry.when == Retry::When::later);
  CHECK(meaning_of("SOMETHING", "nothing known").retry.when == Retry::When::never);
}

TEST_CASE("the way to append follows the capabilities") {
  const auto mode = [](std::string_view words, AppendMode wanted = AppendMode::automatic) {
    return choose_append_mode(parse_capabilities(words).shared, wanted);
  };
  CHECK(mode("IMAP4rev1 literal+ MULTIAPPEND") == AppendMode::multiappend);
  CHECK(mode("LITERAL+") == AppendMode::literal_plus);
  CHECK(mode("MULTIAPPEND LITERAL-") == AppendMode::literal_minus);
  CHECK(mode("IMAP4rev1") == AppendMode::synchronizing);
  CHECK(mode("LITERAL+ MULTIAPPEND", AppendMode::synchronizing) == AppendMode::synchronizing);
  CHECK(mode("LITERAL-", AppendMode::multiappend) == AppendMode::literal_minus);
  CHECK(parse_capabilities("APPENDLIMIT=35651584").shared.append_limit == 35651584U);
  CHECK(!parse_capabilities("APPENDLIMIT").shared.append_limit);
  CHECK(parse_capabilities("MESSAGELIMIT=1000 SAVELIMIT=200").shared.message_limit == 200U);
  CHECK(!parse_capabilities("MESSAGELIMIT=0 MESSAGELIMIT").shared.message_limit);
  for (const AppendMode each :
       {AppendMode::automatic, AppendMode::multiappend, AppendMode::literal_plus,
        AppendMode::literal_minus, AppendMode::synchronizing}) {
    CHECK(append_mode_from_name(append_mode_name(each)) == each);
  }
}
