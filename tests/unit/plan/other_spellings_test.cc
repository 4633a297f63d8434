// SPDX-License-Identifier: Apache-2.0
// What a mailbox may be called when the server refuses its name.
#include "mboxferry/plan/other_spellings.h"

#include <catch2/catch.hpp>

using namespace mboxferry::plan;

TEST_CASE("spellings come from the closest to plain ASCII") {
  const auto others = other_spellings("Box/a\"b.c \xF0\x9F\x8D\x8E \xC3\xBC", '/', "");
  REQUIRE(others.size() == 4);
  CHECK(others[0].name == "Box/a\"b.c _ \xC3\xBC");
  CHECK(others[1].name == "Box/a_b.c \xF0\x9F\x8D\x8E \xC3\xBC");
  CHECK(others[1].why == "'\"' replaced by '_': the server refuses the name");
  CHECK(others[2].name == "Box/a_b_c _ \xC3\xBC");
  CHECK(others[3].name == "Box/a_b_c _ _");
}

TEST_CASE("prefix and separators stay, and a plain name has no other spelling") {
  CHECK(other_spellings("INBOX.a.b", '.', "INBOX.").empty());
  CHECK(other_spellings("Plain name-1_2", '/', "").empty());
  const auto others = other_spellings("INBOX.a&b.c", '.', "INBOX.");
  REQUIRE(others.size() == 1);
  CHECK(others[0].name == "INBOX.a_b.c");
}
