// SPDX-License-Identifier: Apache-2.0
// Base64 there and back.
#include <catch2/catch.hpp>
#include <string>

#include "mboxferry/base/base64.h"

using namespace mboxferry;

TEST_CASE("base64 of any length comes back") {
  CHECK(base64("").empty());
  CHECK(base64("a") == "YQ==");
  CHECK(base64url("\xfb\xff\xfe\xff") == "-__-_w");
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    CHECK(from_base64(base64(bytes)) == bytes);
    bytes += static_cast<char>(i * 7);
  }
}

TEST_CASE("what no encoder writes is no base64") {
  for (const char* text : {"A", "AA", "AAA", "AA=A", "A===", "====", "=",
                           "AA==AA==", "A A=", "YR==", "YWJ=", "Y\nQ=", "-_-_", "\xc3\xa4=="}) {
    CAPTURE(text);
    CHECK(!from_base64(text));
  }
}
