// SPDX-License-Identifier: Apache-2.0
// Files that are mail by their names alone, and databases of mail programs.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "message_files.h"

namespace mboxferry::archive {
namespace {

constexpr std::string_view kEndIsMissing =
    "its name is that of a download that has not ended: what is behind its end is missing";
const std::string kNoMail = "\x81\xc3 no field, no separator\n";

// The same answer for the file in a tree, in a tar and in a zip archive.
void check_unread(const std::string& name, const std::string& bytes, const std::string& words) {
  INFO(name);
  const std::vector<PackedFile> files{{"mail/a.mbox", "From a\nSubject: x\n\nx\n\n"},
                                      {"mail/b/" + name, bytes}};
  TemporaryDirectory directory;
  for (const PackedFile& file : files) directory.write(file.name, file.bytes);
  directory.write("packed.tar", tar(files));
  directory.write("packed.zip", zip(files));
  for (const char* archive : {"mail", "packed.tar", "packed.zip"}) {
    INFO(archive);
    const std::string told = unread(must_open(directory.file(archive)));
    if (words.empty()) {
      CHECK(told.empty());
    } else {
      CHECK(told.find(words) != std::string::npos);
    }
  }
}

TEST_CASE("a file that is named as mail is unread, whatever its bytes are") {
  for (const char* name : {"x.eml", "x.EML", "x.emlx", "x.MBOX", "x.mbox.gpg", "x.eml.aes",
                           "x.mbox.bak", "x.mbox~", "x.mbox (1)", "x.mbx.2020", "1.partial.emlx"})
    check_unread(name, kNoMail, "does not begin like");
}

TEST_CASE("a damaged file that is called like a packed one or a database of mail is unread") {
  const std::string noise = std::string("\x81\xc3\0\x02 ", 5) + kNoMail;
  for (const char* name : {"x.pst", "x.OST", "x.dbx", "x.nsf", "x.msg", "x.zip", "x.tar", "x.gz",
                           "x.mail.tgz", "x.7z", "x.rar"})
    check_unread(name, noise, "does not begin like a file of its kind");
  for (const char* name : {"x.json.lz4", "x.css.gz", "x.sqlite.xz", "x.png.gz"})
    check_unread(name, noise, "");
  check_unread("de.msg", kNoMail, "");
  check_unread("x.txt.gz", gzip(kNoMail), "");
  check_unread("x.olm", noise, "an archive of Outlook for Mac, not read");
}

TEST_CASE("what lies beside mail and has its name is not mail") {
  for (const char* name : {"x.mbox.sha256", "x.eml.png", "x.mbox.idx", "x.mboxes", "x.emlxpart",
                           "mbox", "eml", "x.mbox.lock", "x.mbox.plist"})
    check_unread(name, kNoMail, "");
}

TEST_CASE("what Thunderbird copies for the search of the system is no other mail") {
  check_unread("Inbox.mozmsgs/17.wdseml", letter("copy"), "");
  check_unread("Inbox.mozmsgs/17.mozeml", letter("copy"), "");
}

TEST_CASE("databases of mail programs are named, and how their mail is had") {
  const std::string sqlite("SQLite format 3\0and more", 24);
  check_unread("geary.db", sqlite, "a database of Geary, not read: fetch its mail");
  check_unread("MAIL.NSF", std::string("\x1a\0\0\x04\0\0", 6), "a database of Lotus Notes");
  check_unread("priv1.edb", "abcd\xef\xcd\xab\x89 ", "a database of Exchange");
  check_unread("in.box", kNoMail, "a mailbox of Foxmail");
  check_unread("FOL00001.PMM", kNoMail, "a folder of Pegasus Mail");
  check_unread("messages.tbb", "!\tp", "a folder of The Bat!");
  check_unread("1.bmf", letter("x"), "a folder of Becky!");
  check_unread("other.db", sqlite, "");
  check_unread("priv1.edb", "abcd", "");
}

TEST_CASE("what Outlook for Mac exports is unread, with a way to its mail") {
  const std::string way = "not read: drag its folders from Outlook for Mac to the desktop";
  const std::string folder = "Local/com.microsoft.__Messages/Inbox/";
  check_unread(folder + "message_00001.xml", "<?xml version=\"1.0\"?>\n<emails/>", way);
  check_unread("x/com.microsoft.__Attachments/fwd.eml", letter("attached"), "");
  check_unread("Local/Categories.xml", "<?xml version=\"1.0\"?>\n<categories/>", "");
  TemporaryDirectory directory;
  directory.write("tree/a.mbox", "From a\nSubject: x\n\nx\n\n");
  const std::string olm = zip({{folder + "message_00001.xml", "<?xml version=\"1.0\"?>\n<emails/>"},
                               {folder + "com.microsoft.__Attachments/fwd.eml", letter("in it")}});
  directory.write("tree/x.olm", olm);
  CHECK(unread(must_open(directory.file("tree"))).find(way) != std::string::npos);
  // One file, cut or not, in a container as in a tree.
  for (const std::string& bytes : {olm, olm.substr(0, olm.size() / 2)}) {
    check_unread("x.olm", bytes, "x.olm: an archive of Outlook for Mac, " + way);
    directory.write("packed.tar",
                    tar({{"a.mbox", "From a\nSubject: x\n\nx\n\n"}, {"x.olm", bytes}}));
    CHECK(unread_count(must_open(directory.file("packed.tar"))) == 1);
  }
  directory.write("x.olm", olm);
  const auto alone = Archive::open(directory.file("x.olm"));
  REQUIRE_FALSE(alone);
  CHECK(alone.error().what.find(way) != std::string::npos);
}

// Named alone, in a tree and in containers.
TEST_CASE("a download that has not ended is unread in part") {
  for (const char* name : {"x.mbox.part", "x.mbox.crdownload", "x.mbox.download", "x.mbox.partial",
                           "x.mbox.opdownload", "x.mbox.filepart", "x.mbox.download/x.mbox"}) {
    check_unread(name, "From a\nSubject: x\n\nx\n\n", std::string(kEndIsMissing));
    TemporaryDirectory directory;
    directory.write(name, "From a\nSubject: x\n\nx\n\n");
    CHECK(unread(must_open(directory.file(name))) ==
          directory.file(name) + ": " + std::string(kEndIsMissing) + "\n");
  }
  check_unread("x.download/y.mbox", "From a\nSubject: x\n\nx\n\n", "");
  TemporaryDirectory directory;
  directory.write("x.tar.part", tar({{"a", "From a\nSubject: x\n\nx\n\n"}}));
  CHECK(unread_count(must_open(directory.file("x.tar.part"))) == 1);
}

}  // namespace
}  // namespace mboxferry::archive
