// SPDX-License-Identifier: Apache-2.0
// What reaches a terminal.
#include "mboxferry/report/printable.h"

#include <catch2/catch.hpp>

using namespace mboxferry::report;

TEST_CASE("a name that is too long keeps both ends") {
  CHECK(shortened_in_middle("abc", 3) == "abc");
  CHECK(shortened_in_middle("abcdefghij", 9) == "abc...hij");
  CHECK(shortened_in_middle("abcdefghij", 8) == "abc...ij");
  CHECK(shortened_in_middle("äöüßäöüßäö", 9) == "äöü...ßäö");
  CHECK(shortened_in_middle("abcdefghij", 4) == "a...");
  CHECK(shortened_in_middle("abcdefghij", 2) == "..");
  CHECK(shortened_in_middle("abc\x1b", 20) == "abc\\x1b");
}

TEST_CASE("text from outside cannot drive the terminal") {
  CHECK(printable("\x1b[2J\r\n\t\x7f") == "\\x1b[2J\\x0d\\x0a\\x09\\x7f");
  CHECK(printable("\xc2\x9b"
                  "31m") == "\\u009b31m");  // C1 control sequence introducer
  CHECK(printable("a\xe2\x80\xae"
                  "b") == "a\\u202eb");  // right-to-left override
  CHECK(printable("Gr\xc3\xbc\xc3\x9f"
                  "e") ==
        "Gr\xc3\xbc\xc3\x9f"
        "e");
}

TEST_CASE("bytes that are no UTF-8 are shown as numbers") {
  CHECK(printable("a\xff") == "a\\xff");
  CHECK(printable("\xc3") == "\\xc3");
  CHECK(printable("\xc0\x80") == "\\xc0\\x80");           // overlong
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // surrogate
  CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");
}

TEST_CASE("shortened text counts characters and never cuts one") {
  CHECK(shortened("abcdef", 6) == "abcdef");
  CHECK(shortened("abcdefg", 6) == "abc...");
  CHECK(shortened("\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f\xc3\xa9", 4) == "\xc3\xa4...");
  CHECK(shortened("", 4).empty());
}

TEST_CASE("numbers for people") {
  CHECK(human_bytes(0) == "0 B");
  CHECK(human_bytes(999) == "999 B");
  CHECK(human_bytes(1000) == "1.0 kB");
  CHECK(human_bytes(999'949) == "999.9 kB");
  CHECK(human_bytes(999'950) == "1.0 MB");
  CHECK(human_bytes(18446744073709551615u) == "18.4 EB");
  CHECK(counted(1, "message") == "1 message");
  CHECK(counted(2, "mailbox") == "2 mailboxes");
  CHECK(human_duration(0) == "0s");
  CHECK(human_duration(1.25) == "1.2s");
  CHECK(human_duration(59.7) == "1m 00s");
  CHECK(human_duration(7505) == "2h 05m");
  CHECK(human_duration(1e300).ends_with("m"));
}
