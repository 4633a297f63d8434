// SPDX-License-Identifier: Apache-2.0
// What proves that a copy in another form lost nothing.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "mboxferry/message/content_form.h"

using namespace mboxferry;

namespace {

message::ContentForm form_of_bytes(std::string_view bytes, std::size_t piece = 1000) {
  message::ContentFormScanner scanner;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
    scanner.feed(bytes.substr(0, piece));
  return scanner.finish();
}

bool is_form(std::string_view sent, std::string_view there) {
  return message::is_another_form(form_of_bytes(sent), form_of_bytes(there));
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  text.replace(text.find(what), what.size(), by);
  return text;
}

const std::string kPlain =
    "From: a@b.example\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nStatus: RO\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n\r\nGr\xC3\xBC\xC3\x9F"
    "e  \r\nline=1\r\n\r\n";

const std::string kParts =
    "From: a@b.example\r\nContent-Type: multipart/mixed; boundary=\"x y\"\r\n\r\npreamble\r\n"
    "--x y\r\nContent-Type: text/plain\r\n\r\ntext\r\n"
    "--x y\r\nContent-Type: application/x; name=n\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    "QUJDRA0K\r\n--x y--\r\n";

}  // namespace

TEST_CASE("fields that were added and folded, and another transfer encoding, lose nothing") {
  const std::string there =
      "Received: by x\n by y\nFrom: a@b.example\nX-Added: 1\nSubject:\n =?UTF-8?B?R3LDvMOfZQ==?=\n"
      "Content-Type: text/plain;\n charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
      "Gr=C3=BC=\n=C3=9Fe\nline=3D1\n";
  CHECK(is_form(kPlain, there));
  CHECK_FALSE(is_form(there, kPlain));
  CHECK(
      is_form(kPlain, replaced(replaced(there, "quoted-printable", "BASE64"),
                               "Gr=C3=BC=\n=C3=9Fe\nline=3D1\n", "R3LDvMOfZQ0KbGlu\nZT0xDQo=\n")));
  for (const std::size_t piece : {1, 2, 3, 7, 64}) {
    CHECK(message::is_another_form(form_of_bytes(kPlain, piece), form_of_bytes(there, piece)));
    CHECK(message::is_another_form(form_of_bytes(kParts, piece), form_of_bytes(kParts)));
  }
}

TEST_CASE("a field, a word or a part that is missing is a loss") {
  for (const char* const lost : {"From: a@b.example\r\n", "=C3=9F", "line", "=1", "utf-8"}) {
    CAPTURE(lost);
    CHECK_FALSE(is_form(kPlain, replaced(kPlain, lost, "")));
  }
  for (const char* const lost : {"preamble", "text\r\n", "QUJD", "A0K", "name=n", "--x y\r\n"}) {
    CAPTURE(lost);
    CHECK_FALSE(is_form(kParts, replaced(kParts, lost, "")));
  }
  CHECK_FALSE(is_form(kPlain, kPlain + "more\r\n"));
  CHECK_FALSE(is_form(kPlain, replaced(kPlain, "line", "  line")));
  const std::size_t second = kParts.find("--x y\r\nContent-Type: application");
  CHECK_FALSE(is_form(kParts, kParts.substr(0, second) + "--x y--\r\n"));
}

TEST_CASE("of what is too long to be looked through nothing is proven") {
  const std::string line = "From: a\r\n\r\n" + std::string(300'000, 'x') + "\r\n";
  CHECK_FALSE(is_form(line, line));
  std::string header;
  for (int i = 0; i < 10'000; ++i) header += "X-Field: " + std::to_string(i) + "\r\n";
  CHECK_FALSE(is_form(header + "\r\ntext\r\n", header + "\r\ntext\r\n"));
  CHECK(is_form("From: a\r\n\r\nx\r\n", "From: a\r\n\r\nx\r\n"));
}

TEST_CASE("text cannot make itself look like the end of a part") {
  const std::string one = replaced(kParts, "text\r\n", "text\r\n--x y \r\n\r\n");
  CHECK_FALSE(is_form(kParts, one));
  const std::string nul = replaced(kPlain, "line", std::string("\0.", 2));
  CHECK_FALSE(is_form(nul, replaced(kPlain, "line", "")));
}
