// SPDX-License-Identifier: Apache-2.0
// UTF-8 and its stand-in.
#include <catch2/catch.hpp>
#include <string>

#include "mboxferry/base/utf8.h"

namespace mboxferry {
namespace {

TEST_CASE("well-formed UTF-8 up to its corners") {
  for (const char* text :
       {"", "a", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
        "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "Entw\xc3\xbcrfe"}) {
    CHECK(is_utf8(text));
    CHECK(to_utf8(text) == text);
  }
  for (const char* text :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xc3", "\xc3z", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xe2\x82",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"}) {
    CHECK_FALSE(is_utf8(text));
    CHECK(is_utf8(to_utf8(text)));
  }
}

TEST_CASE("other text is taken for ISO-8859-1") {
  CHECK(to_utf8("Entw\xfcrfe\x80") == "Entw\xc3\xbcrfe\xc2\x80");
  CHECK(latin1_to_utf8("\xff") == "\xc3\xbf");
}

}  // namespace
}  // namespace mboxferry
