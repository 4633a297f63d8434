// SPDX-License-Identifier: Apache-2.0
// What a hostile server may make us keep, and what a trace shows of it.
#include "imap/input_guard.h"

#include <catch2/catch.hpp>
#include <string>

#include "imap/login.h"
#include "imap/text.h"
#include "imap/wire_trace.h"

using namespace mboxferry;
using namespace mboxferry::imap;

TEST_CASE("a response longer than allowed is stopped, whatever its lines") {
  InputGuard guard;
  guard.allow(10, 100);
  CHECK(!guard.watch("12345"));
  CHECK(!guard.watch("67890"));
  CHECK(guard.watch("1"));
  CHECK(guard.watch(""));
}

TEST_CASE("a literal is refused when it is announced") {
  for (const char* line :
       {"* LIST {101}\r\n", "* LIST {4294967296}\r\n", "{99999999999999999999} \r\n"}) {
    InputGuard guard;
    guard.allow(10'000, 100);
    CHECK(guard.watch(line));
  }
  InputGuard guard;
  guard.allow(10'000, 100);
  CHECK(!guard.watch("* LIST {100}\r\n{101} is only text\r\n"));
}

TEST_CASE("nesting is bounded over the lines of one response") {
  InputGuard guard;
  guard.allow(1'000'000, 100);
  for (int i = 0; i < 10; ++i) CHECK(!guard.watch("* X " + std::string(150, '(') + "\r\n"));
  CHECK(!guard.watch(std::string(150, '(') + "{0}\r\n"));
  CHECK(guard.watch(std::string(150, '(') + "{0}\r\n"));
}

TEST_CASE("a trace shows no literal, no secret and no control character") {
  std::string shown;
  WireTrace trace("S: ", [&](std::string_view line) { shown += std::string(line) + "|"; });
  trace.hide("open\tsesame");
  trace.feed("* LIST {7}\r\nbo");
  trace.feed("dy\r\nx\"\r\na1 NO open\tsesame\x1b[0m\r\n");
  CHECK(shown == "S: * LIST {7}|S: \"|S: a1 NO ***?[0m|");
}

TEST_CASE("a refused password is diagnosed without being shown") {
  CHECK(password_diagnosis("abc") == "the password sent was 3 bytes long");
  CHECK_THAT(password_diagnosis("abc\n"), Catch::Contains("ends with a line end"));
  CHECK_THAT(password_diagnosis("abc "), Catch::Contains("space"));
  CHECK_THAT(password_diagnosis(""), Catch::Contains("0 bytes"));
}

TEST_CASE("a server's words are cut and cleaned before a person sees them") {
  CHECK(printable("a\x1b[31m\xff\xc3\xbc") == "a?[31m?\xc3\xbc");
  CHECK(printable(std::string(5000, 'x')).size() < 320);
  CHECK(base64("") == "");
  CHECK(base64("a") == "YQ==");
  CHECK(base64("ab") == "YWI=");
  CHECK(base64(std::string_view("\0\xff\x10", 3)) == "AP8Q");
}
