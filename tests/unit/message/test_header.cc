// SPDX-License-Identifier: Apache-2.0
// HeaderScanner: what a header says, in pieces of every size, and what hostile headers cost.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "mboxferry/message/metadata.h"

namespace mboxferry::message {
namespace {

using Strings = std::vector<std::string>;

void check_equal(const HeaderFacts& a, const HeaderFacts& b) {
  CHECK(a.message_id == b.message_id);
  CHECK(a.date == b.date);
  CHECK(a.received == b.received);
  CHECK(a.flags == b.flags);
  CHECK(a.keywords == b.keywords);
  CHECK(a.labels == b.labels);
  CHECK(a.has_status == b.has_status);
  CHECK(a.pseudo == b.pseudo);
  CHECK(a.expunged == b.expunged);
  CHECK(a.has_body == b.has_body);
  CHECK(a.fields == b.fields);
}

HeaderFacts scan_in_pieces(HeaderScanner& scanner, const std::string& raw, std::size_t piece) {
  for (std::size_t i = 0; i < raw.size(); i += piece) {
    const std::string part = raw.substr(i, piece);
    scanner.feed(part);
  }
  return scanner.finish();
}

// One scanner reads it whole and in small pieces, with LF, CRLF and CR.
HeaderFacts scan(const std::string& raw) {
  HeaderScanner scanner;
  HeaderFacts whole = scan_in_pieces(scanner, raw, raw.size() + 1);
  for (const char* line_end : {"\n", "\r\n", "\r"}) {
    std::string other;
    for (const char c : raw) {
      if (c == '\n') {
        other += line_end;
      } else {
        other += c;
      }
    }
    for (const std::size_t piece : {1, 2, 3, 7, 1000}) {
      INFO("pieces of " << piece);
      check_equal(scan_in_pieces(scanner, other, piece), whole);
    }
  }
  return whole;
}

TEST_CASE("an empty message says nothing") {
  const HeaderFacts facts = scan("");
  CHECK(facts.fields == 0);
  CHECK_FALSE(facts.has_body);
  CHECK_FALSE(facts.has_status);
  CHECK(facts.message_id.empty());
}

TEST_CASE("identity, dates and the end of the header") {
  const HeaderFacts facts = scan(
      "Received: from a by b; Tue, 2 Jan 2001 10:00:00 +0000\n"
      "Received: from c by d; Mon, 1 Jan 2001 10:00:00 +0000\n"
      "MESSAGE-id:\n <one@example.org> (added by b)\n"
      "Message-ID: <two@example.org>\n"
      "Date: Mon, 1 Jan 2001\n 09:00:00 +0100\n"
      "\n"
      "Status: RO\n");
  CHECK(facts.message_id == "<one@example.org>");
  REQUIRE(facts.date);
  CHECK(to_rfc3339(*facts.date) == "2001-01-01T09:00:00+01:00");
  REQUIRE(facts.received);
  CHECK(to_rfc3339(*facts.received) == "2001-01-02T10:00:00+00:00");
  CHECK(facts.fields == 5);
  CHECK(facts.has_body);
  CHECK_FALSE(facts.has_status);
}

TEST_CASE("a header without a body, and a body without a header") {
  CHECK_FALSE(scan("Message-ID: <a@b>\n").has_body);
  CHECK(scan("Message-ID: <a@b>").message_id == "<a@b>");
  const HeaderFacts body = scan("\nMessage-ID: <a@b>\n\n");
  CHECK(body.has_body);
  CHECK(body.fields == 0);
  CHECK(body.message_id.empty());
}

TEST_CASE("odd Message-IDs") {
  CHECK(scan("Message-ID: a@b c\n\n").message_id == "a@b");
  CHECK(scan("Message-ID: <a b@c>\n\n").message_id == "<a b@c>");
  CHECK(scan("Message-ID: <a@b\n\n").message_id == "<a@b");
  CHECK(scan("Message-ID: <>\nMessage-ID: <a@b>\n\n").message_id == "<a@b>");
  CHECK(scan("Message-ID:\nMessage-ID: <a@b>\n\n").message_id == "<a@b>");
}

TEST_CASE("of the Received fields the topmost one with a date counts") {
  const HeaderFacts facts = scan(
      "Received: by somewhere without a date\n"
      "Received: by somewhere; yesterday\n"
      "Received: from a (b; c) by d\n\tfor <e@f>;\n\tWed, 3 Jan 2001 10:00:00 GMT (queued; late)\n"
      "Received: by g; Thu, 4 Jan 2001 10:00:00 +0000\n\n");
  REQUIRE(facts.received);
  CHECK(to_rfc3339(*facts.received) == "2001-01-03T10:00:00+00:00");
  CHECK_FALSE(scan("Received: Thu, 4 Jan 2001 10:00:00 +0000\n\n").received);
  const HeaderFacts long_field =
      scan("Received: " + std::string(20'000, 'x') + "; Thu, 4 Jan 2001 10:00:00 +0000\n\n");
  CHECK(long_field.received);
}

TEST_CASE("a Date that is none gives way to one that is") {
  const HeaderFacts facts = scan("Date: soon\nDate: 1 Jan 2001 00:00:00 +0000\n\n");
  REQUIRE(facts.date);
  CHECK(facts.date->unix_seconds == 978307200);
}

TEST_CASE("X-Keywords, without repetitions and bounded") {
  CHECK(scan("X-Keywords: a  b\n\tc a\nX-Keywords: b d\n\n").keywords ==
        Strings{"a", "b", "c", "d"});
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "X-Keywords: k" + std::to_string(i) + "\n";
  CHECK(scan(many + "\n").keywords.size() == 256);
}

TEST_CASE("Gmail's labels") {
  const HeaderFacts read = scan("X-Gmail-Labels: Archived,Opened,\"a, \"\"b\"\"\" , Starred\n\n");
  CHECK(read.labels == Strings{"Archived", "Opened", "a, \"b\"", "Starred"});
  CHECK(read.flags == (kSeen | kFlagged));
  CHECK(read.has_status);
  const HeaderFacts unread = scan("X-Gmail-Labels: Drafts,Unread\n\n");
  CHECK(unread.flags == kDraft);
  CHECK(unread.has_status);
  // Below a Received field they are the sender's, who could make mail of a blocked address one's
  // own.
  const HeaderFacts forged = scan(
      "X-Gmail-Labels: Inbox,Unread\nReceived: by mx.example; Thu, 1 Jan 2015 00:00:00 +0000\n"
      "X-Gmail-Labels: Sent,Opened\n\n");
  CHECK(forged.labels == std::vector<std::string>{"Inbox", "Unread"});
  CHECK(scan("Received: by mx.example\nX-Gmail-Labels: Sent\n\n").labels.empty());
  CHECK(scan("X-Gmail-Labels:\n\n").flags == kSeen);
}

TEST_CASE("more labels than are kept are told") {
  const auto labels = [](std::size_t count, std::size_t size) {
    std::string field = "X-Gmail-Labels: ";
    for (std::size_t i = 0; i < count; ++i) {
      const std::string number = std::to_string(i);
      field += (i > 0 ? "," : "") + std::string(size - number.size(), 'l') + number;
    }
    return field + "\n\n";
  };
  CHECK(scan(labels(256, 4)).labels.size() == 256);
  CHECK_FALSE(scan(labels(256, 4)).labels_cut);
  CHECK_FALSE(scan(labels(256, 4) + "x").labels_cut);
  CHECK(scan(labels(257, 4)).labels.size() == 256);
  CHECK(scan(labels(257, 4)).labels_cut);
  CHECK_FALSE(scan(labels(30, 2000)).labels_cut);
  CHECK(scan(labels(40, 2000)).labels_cut);
  CHECK(scan("X-Keywords: " + std::string(100'000, 'x') + "\n\n").labels_cut == false);
}

TEST_CASE("Gmail's labels as encoded words") {
  CHECK(scan("X-Gmail-Labels: =?UTF-8?Q?Entw=C3=BCrfe,\"a,_b\"?=\n\n").labels ==
        Strings{"Entw\xc3\xbcrfe", "a, b"});
  CHECK(scan("X-Gmail-Labels: =?utf-8?b?RW50d8M=?=\n =?UTF-8?B?vHJmZQ==?= ,x\n\n").labels ==
        Strings{"Entw\xc3\xbcrfe", "x"});
  CHECK(scan("X-Gmail-Labels: =?iso-8859-1?q?Entw=FCrfe?=\n\n").labels ==
        Strings{"Entw\xc3\xbcrfe"});
  CHECK(scan("X-Gmail-Labels: =?x-mine?q?=C1?=,b\n\n").labels == Strings{"=?x-mine?q?=C1?=", "b"});
  CHECK(scan("X-Gmail-Labels: Entw\xfcrfe\n\n").labels == Strings{"Entw\xc3\xbcrfe"});
  CHECK(scan("X-Gmail-Labels: =?utf-8?q?unfinished,b\n\n").labels ==
        Strings{"=?utf-8?q?unfinished", "b"});
  CHECK(scan("X-Gmail-Labels: =?utf-8?b?*?=\n\n").labels == Strings{"=?utf-8?b?*?="});
}

TEST_CASE("labels are bounded in number and size") {
  std::string many = "X-Gmail-Labels: ";
  for (int i = 0; i < 1000; ++i) many += "l" + std::to_string(i) + ",";
  CHECK(scan(many + "\n\n").labels.size() == 256);
  const HeaderFacts facts = scan("X-Gmail-Labels: " + std::string(200'000, 'x') + "\n\n");
  REQUIRE(facts.labels.size() == 1);
  CHECK(facts.labels[0].size() < 65'537);
}

TEST_CASE("the internal message of c-client, and a real first message") {
  CHECK(scan("From: Mail System Internal Data <MAILER-DAEMON@example.org>\n"
             "Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\n"
             "X-IMAP: 1310152114 0000000000\nStatus: RO\n\n")
            .pseudo);
  CHECK(scan("X-IMAPbase: 1310152114 2\n"
             "Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\n\n")
            .pseudo);
  CHECK_FALSE(scan("From: a@b\nSubject: hello\nX-IMAPbase: 1310152114 2\nX-UID: 1\n\n").pseudo);
  CHECK_FALSE(
      scan("From: a@b\nSubject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\n\n").pseudo);
  CHECK_FALSE(scan("From: MAILER-DAEMON\nSubject: Returned mail\n\n").pseudo);
}

TEST_CASE("lines that are no fields are passed over, with what is folded below them") {
  const HeaderFacts facts = scan(
      ">From - Mon Jan  1 00:00:00 2001\nStatus: R\nno field at all\n X-Status: A\n: empty\n"
      "two words: x\nbad\x01name: x\nM\xc3\xa4il: x\nMessage-ID : <a@b>\n\n");
  CHECK(facts.flags == kSeen);
  CHECK(facts.message_id == "<a@b>");
  CHECK(facts.fields == 2);
  CHECK(scan(" Status: R\nX-Status: A\n\n").flags == kAnswered);
}

TEST_CASE("a lone CR is no line end where lines end with LF") {
  HeaderScanner scanner;
  const auto facts = scan_in_pieces(
      scanner, "Subject: x\nX-A: b\rStatus: R\rX-Status: A\r\r\nMessage-ID: <a@b>\r\r\n\r\r\nx", 1);
  CHECK(facts.flags == 0);
  CHECK(facts.message_id == "<a@b>");
  CHECK(facts.has_body);
}

TEST_CASE("the scanner is done at the first empty line") {
  HeaderScanner scanner;
  scanner.feed("Subject: x\r\n");
  CHECK_FALSE(scanner.done());
  scanner.feed("\r");
  CHECK_FALSE(scanner.done());
  scanner.feed("\n");
  CHECK(scanner.done());
  scanner.feed("Status: R\r\n");
  CHECK_FALSE(scanner.finish().has_status);
  CHECK_FALSE(scanner.done());
}

TEST_CASE("header lines and names of many megabytes pass") {
  const std::string huge(8'000'000, 'x');
  HeaderScanner scanner;
  const auto facts =
      scan_in_pieces(scanner,
                     "X-" + huge + ": a\nSubject: " + huge + "\nMessage-ID: <" + huge + ">\n " +
                         huge + "\nX-Keywords: " + huge + "\nStatus: R\n\n",
                     65'536);
  CHECK(facts.fields == 5);
  CHECK(facts.flags == kSeen);
  CHECK(facts.message_id.size() <= 4096);
  REQUIRE(facts.keywords.size() == 1);
  CHECK(facts.keywords[0].size() <= 4096);
}

TEST_CASE("the names of flags") {
  CHECK(flag_names(0).empty());
  CHECK(flag_names(kSeen | kDraft) == Strings{"\\Seen", "\\Draft"});
  CHECK(flag_names(0xff) == Strings{"\\Seen", "\\Answered", "\\Flagged", "\\Draft", "\\Deleted"});
}

TEST_CASE("keywords as IMAP atoms") {
  CHECK(as_imap_keyword("$Forwarded") == "$Forwarded");
  CHECK(as_imap_keyword("My label (old)") == "My_label__old_");
  CHECK(as_imap_keyword("a{b}%*\"]\\") == "a_b}_____");
  CHECK(as_imap_keyword(std::string("a\r\nb\0c", 6)) == "a__b_c");
  CHECK_FALSE(as_imap_keyword(""));
  CHECK_FALSE(as_imap_keyword("\\Seen"));
  CHECK_FALSE(as_imap_keyword("***"));
  CHECK_FALSE(as_imap_keyword("gr\xc3\xbcn"));
  CHECK_FALSE(as_imap_keyword(std::string(129, 'a')));
}

}  // namespace
}  // namespace mboxferry::message
