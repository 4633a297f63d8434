// SPDX-License-Identifier: Apache-2.0
// What a hostile server may make us keep, and what a trace shows of it.
#include "imap/wire/input_guard.h"

#include <catch2/catch.hpp>
#include <string>

#include "imap/session/login_refusal.h"
#include "imap/wire/wire_trace.h"
#include "mboxferry/base/words.h"

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
  trace.hide(Secret("open\tsesame"));
  trace.feed("* LIST {7}\r\nbo");
  trace.feed("dy\r\nx\"\r\na1 NO open\tsesame\x1b[0m\r\n");
  CHECK(shown == "S: * LIST {7}|S: \"|S: a1 NO ***?[0m|");
}

TEST_CASE("a refused password is diagnosed without being shown") {
  CHECK(password_diagnosis("abc").empty());
  CHECK_THAT(password_diagnosis("abc\n"), Catch::Contains("ends with a line end"));
  CHECK_THAT(password_diagnosis("abc "), Catch::Contains("space"));
  CHECK(password_length("") == "the password sent was 0 bytes long");
  CHECK(password_length("a") == "the password sent was 1 byte long");
}

std::string traced(std::string_view prefix, const std::string& bytes, std::size_t piece,
                   const std::string& secret = "") {
  std::string shown;
  WireTrace trace(prefix, [&](std::string_view line) { shown += std::string(line) + "|"; });
  if (!secret.empty()) trace.hide(Secret(std::string(secret)));
  for (std::size_t at = 0; at < bytes.size(); at += piece) trace.feed(bytes.substr(at, piece));
  return shown;
}

TEST_CASE("a trace leaves the literal at the end of a line of any length out") {
  const std::string body = "a line of a body {99999999}\r\nanother\r\n";
  for (const std::size_t length :
       {std::size_t{10}, std::size_t{1990}, std::size_t{2000}, std::size_t{70'000}}) {
    const std::string line = "* 1 FETCH (FLAGS (" + std::string(length, 'k') + ") BODY[] {" +
                             std::to_string(body.size()) + "}\r\n";
    for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}, std::size_t{100'000}}) {
      const std::string shown = traced("S: ", line + body + ")\r\na1 OK done\r\n", piece);
      CHECK_THAT(shown, !Catch::Contains("body") && Catch::EndsWith("|S: )|S: a1 OK done|"));
    }
  }
}

TEST_CASE("words of a server that look like a literal hide nothing behind them") {
  for (const std::string line : {"* OK a body line {99999999}", "a1 NO it said {99999999}",
                                 "* BYE {99999999}", "+ go {99999999}"}) {
    CHECK(traced("S: ", line + "\r\n* 2 EXISTS\r\n", 7) == "S: " + line + "|S: * 2 EXISTS|");
  }
}

TEST_CASE("a trace shows no content that is a quoted string") {
  const auto shown = [](const std::string& line) { return traced("S: ", line + "\r\n", 11); };
  CHECK(shown("* 1 FETCH (BODY[] \"dear \\\"you\\\" all\" UID 3)") ==
        "S: * 1 FETCH (BODY[] \"***\" UID 3)|");
  CHECK(shown("* 1 FETCH (body[HEADER.FIELDS (TO DATE)]<0> \"To: me\" RFC822.SIZE 3)") ==
        "S: * 1 FETCH (body[HEADER.FIELDS (TO DATE)]<0> \"***\" RFC822.SIZE 3)|");
  CHECK(shown("* 1 FETCH (RFC822.TEXT \"dear\" RFC822.HEADER \"To: me\")") ==
        "S: * 1 FETCH (RFC822.TEXT \"***\" RFC822.HEADER \"***\")|");
  CHECK(shown("* 1 FETCH (BINARY[1] \"never ends") == "S: * 1 FETCH (BINARY[1] \"***|");
  CHECK(shown("* LIST () \"/\" \"BODY[\"") == "S: * LIST () \"/\" \"BODY[\"|");
}

TEST_CASE("a secret that a server repeats at the end of what is shown stays masked") {
  const std::string secret = "correct-horse-battery";
  for (std::size_t before = 1960; before < 2010; ++before) {
    const std::string line = "* OK " + std::string(before, 'x') + secret + secret + "y";
    const std::string shown = traced("S: ", line + "\r\n", 50, secret);
    CHECK_THAT(shown, !Catch::Contains("cor") && !Catch::Contains("battery"));
  }
}

TEST_CASE("a server's words are cut and cleaned before a person sees them") {
  CHECK(printable("a\x1b[31m\xff\xc3\xbc") == "a?[31m?\xc3\xbc");
  CHECK(printable(std::string(5000, 'x')).size() < 320);
}
