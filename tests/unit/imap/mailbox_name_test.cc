// SPDX-License-Identifier: Apache-2.0
// Modified UTF-7, with the examples of RFC 3501 section 5.1.3.
#include "imap/reply/mailbox_name.h"

#include <catch2/catch.hpp>

using namespace mboxferry;
using namespace mboxferry::imap;

TEST_CASE("names of every script go to the wire and back") {
  const std::pair<std::string, std::string> names[] = {
      {"INBOX", "INBOX"},
      {"~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
       "~peter/mail/&U,BTFw-/&ZeVnLIqe-"},
      {"A&B", "A&-B"},
      {"Entw\xc3\xbcrfe", "Entw&APw-rfe"},
      {"\xf0\x9f\x93\xac", "&2D3c7A-"},
      {"\xc3\xbc&\xc3\xbc", "&APw-&-&APw-"},
  };
  for (const auto& [name, wire] : names) {
    CHECK(encode_mailbox_name(name, NameForm::modified_utf7).value() == wire);
    CHECK(decode_mailbox_name(wire, NameForm::modified_utf7) == name);
  }
}

TEST_CASE("what is not modified UTF-7 in its one form is not decoded") {
  for (const char* wire : {"&", "&Jjo", "&Jjo!-", "&AGE-", "&U,BTFw-&ZeVnLIqe-", "&2D0-", "&3Kw-",
                           "&APx-", "&A-", "a\nb", "gr\xc3\xbcn", "", "&APwA-"}) {
    INFO(wire);
    CHECK(!decode_mailbox_name(wire, NameForm::modified_utf7));
  }
}

TEST_CASE("names that cannot be are errors of scope mailbox") {
  const std::string_view names[] = {"",         "a\r\nb",       std::string_view("a\0b", 3),
                                    "\x7f",     "\xff",         "\xc3",
                                    "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80"};
  for (const auto name : names) {
    const auto wire = encode_mailbox_name(name, NameForm::modified_utf7);
    REQUIRE(!wire);
    CHECK(wire.error().scope == ErrorScope::mailbox);
    CHECK(wire.error().what.find('\n') == std::string::npos);
  }
}

TEST_CASE("names in UTF-8 go as they are") {
  for (const std::string name : {"INBOX", "A&B", "&APw-", "Entw\xc3\xbcrfe", "\xf0\x9f\x93\xac"}) {
    CHECK(encode_mailbox_name(name, NameForm::utf8).value() == name);
    CHECK(decode_mailbox_name(name, NameForm::utf8) == name);
  }
  for (const std::string_view name :
       {std::string_view(""), std::string_view("a\0b", 3), std::string_view("a\nb"),
        std::string_view("\x7f"), std::string_view("\xc2\x85"), std::string_view("\xe2\x80\xa8"),
        std::string_view("\xff")}) {
    CHECK_FALSE(encode_mailbox_name(name, NameForm::utf8));
    CHECK_FALSE(decode_mailbox_name(name, NameForm::utf8));
  }
}

TEST_CASE("a quoted string escapes quotes and backslashes") {
  CHECK(quoted_string(R"(a"b\c)") == R"("a\"b\\c")");
}
