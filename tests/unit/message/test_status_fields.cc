// SPDX-License-Identifier: Apache-2.0
// The flags and keywords of each family of status fields, and of several in one message.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "mboxferry/message/metadata.h"

namespace mboxferry::message {
namespace {

using Strings = std::vector<std::string>;

HeaderFacts scan_status(const std::string& fields) {
  HeaderScanner scanner;
  scanner.feed(fields + "\n\n");
  return scanner.finish();
}
int flags(const std::string& fields) { return scan_status(fields).flags; }

TEST_CASE("Status tells read from unread") {
  CHECK(flags("Status: RO") == kSeen);
  CHECK(flags("Status: OR") == kSeen);
  CHECK(flags("Status:   R  ") == kSeen);
  CHECK(flags("status:RO") == kSeen);
  CHECK(flags("STATUS: RO") == kSeen);
  for (const char* unread : {"Status: O", "Status: N", "Status: U", "Status: NU", "Status:"}) {
    INFO(unread);
    CHECK(flags(unread) == 0);
    CHECK(scan_status(unread).has_status);
  }
}

TEST_CASE("Status may hold the letters of X-Status, and a small r for replied") {
  CHECK(flags("Status: RrO") == (kSeen | kAnswered));
  CHECK(flags("Status: ROAFDT") == (kSeen | kAnswered | kFlagged | kDeleted | kDraft));
}

TEST_CASE("a Status that is no mailbox's is none") {
  for (const char* other : {"Status: 5.1.1", "Status: closed", "Status: OPEN", "Status: read",
                            "X-Status: $$$$", "X-Status: Resolved", "Status: R, O"}) {
    INFO(other);
    CHECK(flags(other) == 0);
    CHECK_FALSE(scan_status(other).has_status);
  }
}

TEST_CASE("X-Status holds the other four flags") {
  CHECK(flags("X-Status: A") == kAnswered);
  CHECK(flags("X-Status: F") == kFlagged);
  CHECK(flags("X-Status: D") == kDeleted);
  CHECK(flags("X-Status: T") == kDraft);
  CHECK(flags("X-Status: AFDT   ") == (kAnswered | kFlagged | kDeleted | kDraft));
  CHECK(flags("X-Status: a") == 0);
  CHECK(scan_status("X-Status:").has_status);
}

TEST_CASE("KMail's X-Status has letters of its own and overrules its Status") {
  const HeaderFacts unread = scan_status("Status: RO\nX-Status: UC");
  CHECK(unread.flags == 0);
  CHECK(unread.has_status);
  CHECK(flags("X-Status: N\nStatus: R") == 0);
  CHECK(flags("Status: RO\nX-Status: RC") == kSeen);
  CHECK(flags("Status: RO\nX-Status: OT") == kSeen);
  const HeaderFacts many = scan_status("Status: RO\nX-Status: RAFKGWPT");
  CHECK(many.flags == (kSeen | kAnswered | kFlagged));
  CHECK(many.keywords == Strings{"$Forwarded", "$TODO", "$WATCHED", "$Junk"});
  CHECK(scan_status("X-Status: OIH").keywords == Strings{"$IGNORED", "$NotJunk"});
  CHECK(flags("X-Status: RDQS") == (kSeen | kDeleted));
}

TEST_CASE("Mozilla's status fields") {
  const HeaderFacts read = scan_status("X-Mozilla-Status: 0001\nX-Mozilla-Status2: 00000000");
  CHECK(read.flags == kSeen);
  CHECK(read.has_status);
  CHECK_FALSE(read.expunged);
  CHECK(flags("X-Mozilla-Status: 0002") == kAnswered);
  CHECK(flags("X-Mozilla-Status: 0004") == kFlagged);
  CHECK(scan_status("X-Mozilla-Status: 1000").keywords == Strings{"$Forwarded"});
  CHECK(scan_status("X-Mozilla-Status2: 00800000").keywords == Strings{"$MDNSent"});
  CHECK(flags("X-Mozilla-Status2: 00200000") == kDeleted);
  const HeaderFacts broken = scan_status("X-Mozilla-Status: zzzz\nX-Mozilla-Status2: 123456789");
  CHECK(broken.flags == 0);
  CHECK_FALSE(broken.has_status);
}

TEST_CASE("bits of Mozilla that IMAP has no flag for set none") {
  const HeaderFacts facts = scan_status("X-Mozilla-Status: eff0\nX-Mozilla-Status2: f15fffff");
  CHECK(facts.flags == 0);
  CHECK(facts.keywords.empty());
  CHECK_FALSE(facts.expunged);
  CHECK(facts.has_status);
}

TEST_CASE("the label that Mozilla kept in its status becomes today's keyword") {
  CHECK(scan_status("X-Mozilla-Status2: 02000000").keywords == Strings{"$label1"});
  CHECK(scan_status("X-Mozilla-Status2: 04000000").keywords == Strings{"$label2"});
  CHECK(scan_status("X-Mozilla-Status2: 06010000").keywords == Strings{"$label3"});
  CHECK(scan_status("X-Mozilla-Status2: 08800000").keywords == Strings{"$MDNSent", "$label4"});
  CHECK(scan_status("X-Mozilla-Status2: 0A000000").keywords == Strings{"$label5"});
  CHECK(scan_status("X-Mozilla-Status2: 0c000000").keywords.empty());
  CHECK(scan_status("X-Mozilla-Status2: 02000000\nX-Mozilla-Keys: $label1 x").keywords ==
        Strings{"$label1", "x"});
}

TEST_CASE("a message that one X-Mozilla-Status calls expunged and another does not is kept") {
  CHECK(scan_status("X-Mozilla-Status: 0009").expunged);
  CHECK(scan_status("X-Mozilla-Status: 0008\nX-Mozilla-Status: 0009").expunged);
  CHECK_FALSE(scan_status("X-Mozilla-Status: 0001\nX-Mozilla-Status: 0009").expunged);
  CHECK_FALSE(scan_status("X-Mozilla-Status: 0009\nX-Mozilla-Status: 0001").expunged);
}

TEST_CASE("X-Mozilla-Keys and X-Keywords are lists padded with blanks") {
  CHECK(scan_status("X-Mozilla-Keys: $label1 my-tag                                     ").keywords ==
        Strings{"$label1", "my-tag"});
  CHECK(scan_status("X-Mozilla-Keys:                                                    ").has_status);
  CHECK(scan_status("X-Keywords: $Forwarded NonJunk\n        \n        ").keywords ==
        Strings{"$Forwarded", "NonJunk"});
  CHECK(scan_status("X-Keywords: a\tb\nX-Keywords: B c").keywords == Strings{"a", "b", "c"});
}

TEST_CASE("fields that declare keywords or number messages set nothing") {
  const HeaderFacts facts = scan_status(
      "X-IMAPbase: 1310152114 2 $Forwarded NonJunk\nX-UID: 1\nX-IMAP: 1310152114 2 a\n"
      "X-UIDL: 4a8f\nX-Label: work\nKeywords: a, b\nExpires: Mon, 1 Jan 2001 00:00:00 GMT");
  CHECK(facts.flags == 0);
  CHECK(facts.keywords.empty());
  CHECK_FALSE(facts.has_status);
}

TEST_CASE("X-Evolution has a message's number and its flags, both hexadecimal") {
  CHECK(flags("X-Evolution: 0000a1b2-0010") == kSeen);
  CHECK(flags("X-Evolution: 0000a1b2-001F") == (kSeen | kAnswered | kDeleted | kDraft | kFlagged));
  CHECK(flags("X-Evolution: 0000a1b2-0060") == 0);
  CHECK(scan_status("X-Evolution: 0000a1b2-0000").has_status);
  CHECK_FALSE(scan_status("X-Evolution: 0000a1b2").has_status);
  CHECK_FALSE(scan_status("X-Evolution: 0000a1b2-xyz").has_status);
}

TEST_CASE("Evolution's keywords, by bit and by name") {
  CHECK(scan_status("X-Evolution: 00000001-0090").keywords == Strings{"$Junk"});
  CHECK(scan_status("X-Evolution: 00000001-0210").keywords == Strings{"$NotJunk"});
  CHECK(scan_status("X-Evolution: 00000001-0810").keywords == Strings{"$NotJunk"});
  CHECK(scan_status("X-Evolution: 00000001-0410").keywords == Strings{"$Forwarded"});
  CHECK(scan_status("X-Evolution: 00000001-1010").keywords == Strings{"$Forwarded"});
  const HeaderFacts named =
      scan_status("X-Evolution: 00000001-0010; flags=\"$Labelwork,todo\";\n\ttags=\"label=red\"");
  CHECK(named.flags == kSeen);
  CHECK(named.keywords == Strings{"$Labelwork", "todo"});
  CHECK(scan_status("X-Evolution: 00000001-0010; flags=one; tags=\"a=b\"").keywords == Strings{"one"});
  CHECK(scan_status("X-Evolution: 00000001-0010; tags=\"x-flags=a\"").keywords.empty());
}

TEST_CASE("what several families say adds up") {
  const HeaderFacts facts = scan_status(
      "Status: O\nX-Status: A\nX-Mozilla-Status: 0005\nX-Mozilla-Status2: 00000000\n"
      "X-Mozilla-Keys: one\nX-Keywords: two one\nX-Evolution: 00000001-0004");
  CHECK(facts.flags == (kSeen | kAnswered | kFlagged | kDraft));
  CHECK(facts.keywords == Strings{"one", "two"});
  CHECK(flags("Status: O\nStatus: RO") == kSeen);
  CHECK(flags("X-Status: A\nX-Status: F") == (kAnswered | kFlagged));
  CHECK(flags("Status: RO\nX-Status: U\nX-Mozilla-Status: 0001") == kSeen);
}

TEST_CASE("status fields of parts, of attached messages and behind the header do not count") {
  const HeaderFacts facts = scan_status(
      "Content-Type: multipart/mixed; boundary=b\n\n--b\nStatus: RO\nX-Mozilla-Status: 0009\n"
      "X-Keywords: a\n\ntext\n--b\nContent-Type: message/rfc822\n\nStatus: RO\nX-Status: "
      "F\n\n--b--");
  CHECK(facts.flags == 0);
  CHECK(facts.keywords.empty());
  CHECK_FALSE(facts.has_status);
  CHECK_FALSE(facts.expunged);
  CHECK(flags("Subject: x\n Status: RO\n\tX-Status: F") == 0);
}

}  // namespace
}  // namespace mboxferry::message
