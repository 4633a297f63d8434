// SPDX-License-Identifier: Apache-2.0
// FETCH replies and INTERNALDATE.
#include "imap/reply/fetch_reply.h"

#include <catch2/catch.hpp>

#include "mboxferry/message/metadata.h"

using namespace mboxferry;
using namespace mboxferry::imap;

TEST_CASE("the facts of a message are read, whatever stands between") {
  const auto reply = parse_fetch_items(
      "(FLAGS (\\Seen \\Recent $Forwarded \\deleted) X-LIST (a (b \"c)\" {2}\r\n)() NIL) UID 7 "
      "RFC822.SIZE 5000000000 INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" "
      "BODY[HEADER.FIELDS (MESSAGE-ID \")\")]<0> {5}\r\na)\r\n()");
  REQUIRE(reply);
  CHECK(reply->uid == 7U);
  CHECK(reply->size == 5000000000U);
  CHECK(reply->internal_date == Timestamp{837596665, -420});
  CHECK(reply->flags == (message::kSeen | message::kDeleted));
  CHECK(reply->keywords == std::vector<std::string>{"$Forwarded"});
  CHECK(reply->body == "a)\r\n(");
}

TEST_CASE("a space before the end is none of its business") {
  const auto reply = parse_fetch_items("(UID 5 RFC822.SIZE 3 )");
  REQUIRE(reply);
  CHECK(reply->size == 3U);
}

TEST_CASE("a body may be quoted, NIL or empty") {
  CHECK(parse_fetch_items("(BODY[] \"a\")")->body == "a");
  CHECK(parse_fetch_items("(BODY[] NIL)")->body == "");
  CHECK(parse_fetch_items("(BODY[] {0}\r\n)")->body == "");
}

TEST_CASE("what is not told, or no number, is not known") {
  const auto reply = parse_fetch_items("(UID 5 FLAGS NIL RFC822.SIZE -1)");
  REQUIRE(reply);
  CHECK(reply->uid == 5U);
  CHECK(reply->size == 0U);
  CHECK(!reply->has_flags);
}

TEST_CASE("a malformed FETCH is none") {
  for (const char* items :
       {"", "UID 5", "(UID", "(UID 5", "(UID x)", "(UID 99999999999)", "(BODY[] {5}\r\nab)",
        "(BODY[] {99999999999999999999}\r\n)", "(FLAGS (\\Seen)", "(X (((()))", "(X )",
        "(UID 5 UID)", "(BODY[] \"a)", "(BODY[ 5)", "(RFC822.SIZE )", "(FLAGS NO)"}) {
    INFO(items);
    CHECK(!parse_fetch_items(items));
  }
}

TEST_CASE("nesting of any depth is stepped over") {
  const std::string deep = std::string(200'000, '(') + std::string(200'000, ')');
  CHECK(parse_fetch_items("(BODYSTRUCTURE " + deep + " UID 3)")->uid == 3U);
}

TEST_CASE("INTERNALDATE goes out and comes back as the same moment and zone") {
  const std::pair<Timestamp, std::string> dates[] = {
      {{0, 0}, "01-Jan-1970 00:00:00 +0000"},
      {{951782400, 330}, "29-Feb-2000 05:30:00 +0530"},
      {{1700000000, -210}, "14-Nov-2023 18:43:20 -0330"},
  };
  for (const auto& [time, text] : dates) {
    CHECK(format_internal_date(time) == text);
    CHECK(parse_internal_date(text) == time);
  }
  CHECK(parse_internal_date(" 1-Jan-1970 00:00:00 +0000") == Timestamp{});
  CHECK(parse_internal_date("1-Jan-1970 00:00:00 +0000") == Timestamp{});
  for (const char* text :
       {"", "-Jan-1970 00:00:00 +0000", "01-Foo-1970 00:00:00 +0000", "01-Jan-1970 24:00:00 +0000",
        "32-Jan-1970 00:00:00 +0000", "01-Jan-1970 00:00:00 *0000", "01-Jan-1970 00:00:00 +00xx"}) {
    INFO(text);
    CHECK(!parse_internal_date(text));
  }
}
