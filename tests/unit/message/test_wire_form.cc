// SPDX-License-Identifier: Apache-2.0
// WireEncoder: line ends, quoting, bookkeeping fields, in pieces of every size.
#include <catch2/catch.hpp>
#include <string>

#include "mboxferry/message/mark_fields.h"
#include "mboxferry/message/wire_form.h"

namespace mboxferry::message {
namespace {

struct Encoded {
  std::string bytes;
  std::uint64_t wire_size, quotes_removed;
  bool final_line_end_added, has_nul;

  friend bool operator==(const Encoded&, const Encoded&) = default;
};

Encoded encode_in_pieces(const std::string& raw, std::size_t piece, const WireOptions& options) {
  WireEncoder encoder(options);
  std::string bytes;
  const ByteConsumer out = [&](std::string_view part) { bytes += part; };
  for (std::size_t i = 0; i < raw.size(); i += piece) {
    // A copy of exact size, so that a sanitizer sees a read past the piece.
    const std::string part = raw.substr(i, piece);
    encoder.feed(part, out);
  }
  encoder.finish(out);
  return {bytes, encoder.wire_size(), encoder.quotes_removed(), encoder.final_line_end_added(),
          encoder.has_nul()};
}

Encoded encode(const std::string& raw, const WireOptions& options = {}) {
  const Encoded whole = encode_in_pieces(raw, raw.size() + 1, options);
  CHECK(whole.wire_size == whole.bytes.size());
  for (std::size_t piece = 1; piece <= 9; ++piece) {
    INFO("pieces of " << piece);
    CHECK(encode_in_pieces(raw, piece, options) == whole);
  }
  return whole;
}

WireOptions stripping() {
  WireOptions options;
  options.strip_status_headers = true;
  return options;
}

WireOptions carriage_returns() {
  WireOptions options;
  options.carriage_return_ends_line = true;
  return options;
}

TEST_CASE("every line end becomes CRLF, and CRLF stays") {
  CHECK(encode("A: b\n\nx\ny\n").bytes == "A: b\r\n\r\nx\r\ny\r\n");
  CHECK(encode("A: b\r\n\r\nx\r\ny\r\n").bytes == "A: b\r\n\r\nx\r\ny\r\n");
  CHECK(encode("A: b\r\n\nx\ny\r\n\r\n\n").bytes == "A: b\r\n\r\nx\r\ny\r\n\r\n\r\n");
}

TEST_CASE("a lone CR stays in an LF archive and ends a line in a CR archive") {
  CHECK(encode("A: b\n\nx\ry\n\rz\r\r\n").bytes == "A: b\r\n\r\nx\ry\r\n\rz\r\r\n");
  CHECK(encode("A: b\r\rx\ry\r", carriage_returns()).bytes == "A: b\r\n\r\nx\r\ny\r\n");
  CHECK(encode("A: b\r\r\nx\ny\r\r", carriage_returns()).bytes == "A: b\r\n\r\nx\r\ny\r\n\r\n");
}

TEST_CASE("an empty message stays empty") {
  const Encoded empty = encode("");
  CHECK(empty.bytes.empty());
  CHECK_FALSE(empty.final_line_end_added);
}

TEST_CASE("a last line without an end gets one, and that is told") {
  const Encoded open = encode("A: b\n\nx");
  CHECK(open.bytes == "A: b\r\n\r\nx\r\n");
  CHECK(open.final_line_end_added);
  CHECK_FALSE(encode("A: b\n\nx\n").final_line_end_added);
  CHECK(encode("A: b\n\nx\n>").bytes == "A: b\r\n\r\nx\r\n>\r\n");
  CHECK(encode("A: b\n\n>From").bytes == "A: b\r\n\r\n>From\r\n");
}

TEST_CASE("a CR as the last byte is completed to CRLF") {
  const Encoded cut = encode("A: b\r\n\r\nx\r");
  CHECK(cut.bytes == "A: b\r\n\r\nx\r\n");
  CHECK(cut.final_line_end_added);
  CHECK_FALSE(encode("A: b\r\rx\r", carriage_returns()).final_line_end_added);
}

TEST_CASE("one quote is taken off each quoted From_ line of the body") {
  const Encoded quoted = encode("A: b\n\n>From a\n>>>From b\n> From c\n>from d\nx >From e\n");
  CHECK(quoted.bytes == "A: b\r\n\r\nFrom a\r\n>>From b\r\n> From c\r\n>from d\r\nx >From e\r\n");
  CHECK(quoted.quotes_removed == 2);
}

TEST_CASE("quotes in the header stay, and so do all when unquoting is off") {
  CHECK(encode(">From a\nA: b\n>From c\n\n>From d\n").bytes ==
        ">From a\r\nA: b\r\n>From c\r\n\r\nFrom d\r\n");
  WireOptions options;
  options.unquote = false;
  const Encoded kept = encode("A: b\n\n>From a\n", options);
  CHECK(kept.bytes == "A: b\r\n\r\n>From a\r\n");
  CHECK(kept.quotes_removed == 0);
}

TEST_CASE("a quoted line behind a CRLF or a lone CR") {
  CHECK(encode("A: b\r\n\r\n>From a\r\n>\r\n").bytes == "A: b\r\n\r\nFrom a\r\n>\r\n");
  CHECK(encode("A: b\n\nx\r>From a\n").bytes == "A: b\r\n\r\nx\r>From a\r\n");
  CHECK(encode("A: b\r\rx\r>From a\r", carriage_returns()).bytes == "A: b\r\n\r\nx\r\nFrom a\r\n");
}

TEST_CASE("bookkeeping fields are left out with their folded lines, and only from the header") {
  const std::string raw =
      "Status: RO\nSubject: x\n folded\nX-Status: A\n more\n\tand more\nx-mozilla-keys: a\n"
      "Content-Length : 7\nStatusless: y\nX-Keywords:\n\nStatus: kept\n";
  CHECK(encode(raw, stripping()).bytes ==
        "Subject: x\r\n folded\r\nStatusless: y\r\n\r\nStatus: kept\r\n");
  CHECK(encode("X-UID: 1\r\nA: b\r\nLines: 3\r\n\r\nx\r\n", stripping()).bytes ==
        "A: b\r\n\r\nx\r\n");
  CHECK(encode("A: b\rStatus: R\r\rx\r",
               [] {
                 WireOptions options = stripping();
                 options.carriage_return_ends_line = true;
                 return options;
               }())
            .bytes == "A: b\r\n\r\nx\r\n");
  CHECK(encode("A: b\nStatus: RO", stripping()).bytes == "A: b\r\n");
  CHECK(encode("A: b\nStatus", stripping()).bytes == "A: b\r\nStatus\r\n");
}

TEST_CASE("labels and numbers of programs are left out where they are asked to be") {
  const std::string raw = "X-Gmail-Labels: a\n b\nX-UIDL: 7\nA: b\nStatus: R\nX-KMail-x: y\n\nx\n";
  CHECK(encode(raw, stripping()).bytes ==
        "X-Gmail-Labels: a\r\n b\r\nX-UIDL: 7\r\nA: b\r\nX-KMail-x: y\r\n\r\nx\r\n");
  WireOptions options = stripping();
  options.strip_marks = true;
  CHECK(encode(raw, options).bytes == "A: b\r\n\r\nx\r\n");
}

TEST_CASE("which fields are bookkeeping, and which are marks") {
  for (const char* name :
       {"Status", "x-status", "X-Keywords", "X-UID", "X-IMAP", "X-IMAPbase", "X-Mozilla-Status",
        "X-MOZILLA-anything", "X-Evolution", "Content-Length", "Lines"}) {
    INFO(name);
    CHECK(kind_of_field(name) == FieldKind::bookkeeping);
  }
  for (const char* name : {"X-Gmail-Labels", "x-gm-thrid", "X-UIDL", "X-Account-Key", "X-Label",
                           "X-KMail-MDN-Sent", "X-Evolution-Source", "X-OfflineIMAP", "X-TUID"}) {
    INFO(name);
    CHECK(kind_of_field(name) == FieldKind::mark);
  }
  for (const char* name : {"", "Subject", "Status2", "X-Mozilla", "Line", "X-KMail", "X-Labels",
                           "X-Spam-Status", "Sender", "List-Id", "Content-Type"}) {
    INFO(name);
    CHECK(kind_of_field(name) == FieldKind::mail);
  }
}

TEST_CASE("a NUL passes and is told") {
  const std::string raw("A: b\n\nx\0y\n", 10);
  const Encoded nul = encode(raw);
  CHECK(nul.bytes == std::string("A: b\r\n\r\nx\0y\r\n", 13));
  CHECK(nul.has_nul);
  CHECK_FALSE(encode("A: b\n\nx\n").has_nul);
}

TEST_CASE("lines longer than any buffer pass unchanged") {
  const std::string line(3'000'000, 'x');
  const std::string raw =
      "A: " + line + "\n\n" + line + "\n" + std::string(100'000, '>') + "From a\n" + line;
  const std::string wire = "A: " + line + "\r\n\r\n" + line + "\r\n" + std::string(99'999, '>') +
                           "From a\r\n" + line + "\r\n";
  for (const std::size_t piece : {std::size_t{1}, std::size_t{4096}, raw.size()}) {
    const Encoded encoded = encode_in_pieces(raw, piece, {});
    CHECK((encoded.bytes == wire));
    CHECK(encoded.wire_size == wire.size());
    CHECK(encoded.quotes_removed == 1);
  }
}

TEST_CASE("a piece of CRLF text goes out as it came, in one piece") {
  std::string raw = "A: b\r\n\r\n";
  for (int i = 0; i < 1000; ++i) raw += "a line of ordinary length\r\n";
  WireEncoder encoder({});
  std::vector<std::string_view> pieces;
  encoder.feed(raw, [&](std::string_view part) { pieces.push_back(part); });
  REQUIRE(pieces.size() == 1);
  CHECK(pieces[0].data() == raw.data());
  CHECK(pieces[0].size() == raw.size());
}

}  // namespace
}  // namespace mboxferry::message
