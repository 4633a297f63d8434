// SPDX-License-Identifier: Apache-2.0
// What of an envelope stays the same when a server rewrites the header.
#include <catch2/catch.hpp>
#include <string>

#include "mboxferry/message/envelope.h"

using namespace mboxferry;

namespace {

std::int64_t envelope_of_bytes(std::string_view bytes, std::size_t piece = 1000) {
  message::EnvelopeScanner scanner;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
    scanner.feed(bytes.substr(0, piece));
  return scanner.finish();
}

const std::string kSent =
    "From: \"A. Name\" <a@b.example>\r\nTo: c@d.example,\r\n e@f.example\r\n"
    "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nDate: Tue, 14 Jan 2020 10:00:00 +0100\r\n\r\n"
    "Subject: of the body\r\n";

}  // namespace

TEST_CASE("an envelope survives other fields, folding, encoding, quotes and the date's spelling") {
  const std::string shown =
      "X-Added: 1\nFrom: A. Name <A@B.example>\nTo: c@d.example, e@f.example\n"
      "Subject: =?UTF-8?B?R3LDvMOfZQ==?=\nX-More: 2\nDate: 14 Jan 2020 09:00:00 +0000\n\nother\n";
  CHECK(envelope_of_bytes(kSent) == envelope_of_bytes(shown));
  for (const std::size_t piece : {1, 2, 3, 7, 64})
    CHECK(envelope_of_bytes(kSent, piece) == envelope_of_bytes(kSent));
}

TEST_CASE("an envelope survives what servers do to names beside addresses") {
  const auto with = [](const std::string& from, const std::string& to) {
    return envelope_of_bytes("From: " + from + "\nTo: " + to + "\nSubject: s\n\n");
  };
  const auto plain = with("a@b.example", "c@d.example,e@f.example");
  CHECK(with("\"a@b.example\" <a@b.example>", "c@d.example, e@f.example") == plain);
  CHECK(with("a@b.example (A, of B)", "\"C, D\" <c@d.example>, <E@f.example>") == plain);
  CHECK(with("=?utf-8?q?A=2C_B?= <a@b.example>", "c@d.example,e@f.example,") == plain);
  CHECK(with("a@b.example", "c@d.example") != plain);
  CHECK(with("Nobody", "x") != with("Somebody", "x"));
  CHECK(with("\"<", "x") != plain);
}

TEST_CASE("messages with another sender, subject, recipient or date have another envelope") {
  for (const std::string field : {"a@b.example", "e@f.example", "=C3=9F", "10:00:00"}) {
    std::string other = kSent;
    other[other.find(field)] = '9';
    CAPTURE(field);
    CHECK(envelope_of_bytes(kSent) != envelope_of_bytes(other));
  }
}

TEST_CASE("a header without end costs no more memory, and what lies behind its bound is no part") {
  std::string endless = "Subject: a\n";
  for (int i = 0; i < 100'000; ++i) endless += "X: y\n";
  CHECK(envelope_of_bytes(endless) == envelope_of_bytes(endless + "From: b\n"));
  CHECK(envelope_of_bytes("") == envelope_of_bytes("no field\n\n"));
}
