// SPDX-License-Identifier: Apache-2.0
// The words of APPEND: nothing that a server might answer BAD to.
#include "imap/append/append_head.h"

#include <catch2/catch.hpp>

#include "mboxferry/message/metadata.h"
#include "unit/imap/append_message.h"

using namespace mboxferry;
using namespace mboxferry::imap;
using test::message_with;

TEST_CASE("flags, keywords and date stand before the literal") {
  const auto arguments = append_arguments(
      message_with(message::kSeen | message::kFlagged, {"$Forwarded"}, Timestamp{86400, 60}));
  CHECK(arguments.value() == " (\\Seen \\Flagged $Forwarded) \"02-Jan-1970 01:00:00 +0100\" ");
  CHECK(append_arguments(message_with(0, {}, {})).value() == " ");
}

TEST_CASE("a keyword that is no atom never gets into a command") {
  for (const char* keyword : {"", "a b", "a)", "x\r\nA1 LOGOUT", "{5}", "\\Seen", "a\"",
                              "gr\xc3\xbcn", "a%", "a*", "]"}) {
    INFO(keyword);
    CHECK(!is_keyword(keyword));
    CHECK(!append_arguments(message_with(0, {keyword}, {})));
  }
  CHECK(!is_keyword(std::string(5000, 'a')));
  CHECK(is_keyword("$MDNSent"));
}

TEST_CASE("no date before 1970 is written, not even by a zone") {
  CHECK(append_arguments(message_with(0, {}, Timestamp{3600, -300})).value() ==
        " \"01-Jan-1970 01:00:00 +0000\" ");
  CHECK(!append_arguments(message_with(0, {}, Timestamp{-1, 0})));
  CHECK(!append_arguments(message_with(0, {}, Timestamp{253402300800, 0})));
  CHECK(append_arguments(message_with(0, {}, Timestamp{0, 20000})).value() ==
        " \"01-Jan-1970 00:00:00 +0000\" ");
}
