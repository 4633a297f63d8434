// SPDX-License-Identifier: Apache-2.0
// Modified UTF-7, to and fro.
#include <catch2/catch.hpp>

#include "mboxferry/base/modified_utf7.h"

using namespace mboxferry;

TEST_CASE("modified UTF-7 is decoded, and nothing else") {
  CHECK(from_modified_utf7("plain") == "plain");
  CHECK(from_modified_utf7("&-") == "&");
  CHECK(from_modified_utf7("a&AOQ-b&AOQ-") ==
        "a\xc3\xa4"
        "b\xc3\xa4");
  CHECK(from_modified_utf7("&ZeVnLIqe-") == "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e");
  CHECK(from_modified_utf7("&2D3eAA-") == "\xf0\x9f\x98\x80");
  for (const char* bad :
       {"&", "&AOQ", "&2D0-", "&3gA-", "&A-", "&AOR-", "&AO!-", "&AAA-", "a\x01"}) {
    INFO(bad);
    CHECK_FALSE(from_modified_utf7(bad));
  }
}

TEST_CASE("what is written in modified UTF-7 is read again") {
  for (const char* name : {"plain", "a&b", "\xc3\xa4\xc3\xa4", "x\xf0\x9f\x98\x80y", ""}) {
    CHECK(from_modified_utf7(to_modified_utf7(name)) == name);
  }
  CHECK(to_modified_utf7("R&D \xc3\xbc") == "R&-D &APw-");
}
