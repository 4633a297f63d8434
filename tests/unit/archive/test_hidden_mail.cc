// SPDX-License-Identifier: Apache-2.0
// Mail in files whose names or first bytes say that they hold none.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "message_files.h"

namespace mboxferry::archive {
namespace {

using Files = std::map<std::string, std::string>;

std::string letter_to(const std::string& subject) {
  return "From: a@example.org\nSubject: " + subject + "\nMessage-ID: <" + subject +
         "@x.example>\n\nbody\n";
}

std::string stored(const std::string& subject) {
  return "From a@example.org Thu Jan  1 10:00:01 2015\n" + letter_to(subject) + "\n";
}

std::string listed(const NotReadList& list, NotReadKind kind) {
  std::string text;
  REQUIRE(list.each(kind, [&](const NotRead& one) -> Result<void> {
    std::string place = one.place.substr(one.place.rfind('/') + 1);
    if (const auto member = place.find(": "); member != std::string::npos)
      place.erase(0, member + 2);
    text += place + ": " + one.reason + "\n";
    return ok();
  }));
  return text;
}

/// The files in a directory and in a zip archive, in this order.
std::vector<Archive> tree_and_zip(const TemporaryDirectory& directory, const Files& files) {
  std::vector<PackedFile> members;
  for (const auto& [name, content] : files) {
    directory.write("tree/" + name, content);
    members.push_back({name, content});
  }
  directory.write("files.zip", zip(members));
  std::vector<Archive> archives;
  archives.push_back(must_open(directory.file("tree")));
  archives.push_back(must_open(directory.file("files.zip")));
  return archives;
}

std::string folder_names(const Archive& archive) {
  std::set<std::string> names;
  for (const Folder& folder : archive.folders()) {
    std::string name;
    for (const std::string& segment : folder.path) name += (name.empty() ? "" : "/") + segment;
    names.insert(name);
  }
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

TEST_CASE("mail that is called like an index file is mail") {
  const TemporaryDirectory directory;
  const Files files{{"Inbox", stored("k")},
                    {"dovecot", stored("a")},
                    {"dovecot.mbox.gz", gzip(stored("b"))},
                    {"subscriptions", stored("c")},
                    {"Proj.toc", stored("d")},
                    {"mails/dovecot upgrade.eml", letter_to("e")},
                    {"real/dovecot-uidlist", "3 V1 N2 Gabc\n"},
                    {"real/nstmp", stored("copy")}};
  for (const Archive& archive : tree_and_zip(directory, files)) {
    CHECK(folder_names(archive) == "Inbox, Proj.toc, dovecot, mails, subscriptions");
    CHECK(archive.folders().size() == 6);
    const std::string no_mail = listed(archive.not_read(), NotReadKind::not_mail);
    CHECK(no_mail.find("dovecot-uidlist: index file of Dovecot") != std::string::npos);
    CHECK(no_mail.find("nstmp: leftover") != std::string::npos);
  }
}

TEST_CASE("an mbox file whose beginning is damaged or text is read") {
  std::string noise;
  for (int i = 0; i < 5000; ++i) noise += static_cast<char>(128 + i * 37 % 127);
  const TemporaryDirectory directory;
  const Files files{
      {"Inbox", stored("k")},
      {"Work", noise + "\n\n" + stored("a")},
      {"Empty lines", std::string(5000, '\n') + stored("b")},
      {"notes", std::string(9000, 'x') + "\n\nFrom here on it is text\nNothing: x\n"}};
  for (const Archive& archive : tree_and_zip(directory, files)) {
    CHECK(folder_names(archive) == "Empty lines, Inbox, Work");
  }
}

TEST_CASE("what people keep in directories called tmp, new and cur is read") {
  const TemporaryDirectory directory;
  const Files files{{"tmp/1.eml", letter_to("a")},
                    {"tmp/2015.old", stored("b")},
                    {"tmp/1420106401.M1P1.host", letter_to("unfinished")},
                    {"new/2015.01", stored("c") + stored("d")}};
  for (const Archive& archive : tree_and_zip(directory, files)) {
    CHECK(archive.folders().size() == 3);
    CHECK(listed(archive.not_read(), NotReadKind::not_mail) ==
          "1420106401.M1P1.host: unfinished delivery\n");
    const auto months =
        std::find_if(archive.folders().begin(), archive.folders().end(),
                     [](const Folder& folder) { return folder.path.back().find("2015") == 0; });
    REQUIRE(months != archive.folders().end());
    CHECK(months->form == FolderForm::mbox);
  }
}

TEST_CASE("empty files that are no mailboxes are none") {
  const TemporaryDirectory directory;
  const Files files{
      {"Inbox", stored("k")}, {"Drafts", ""},        {"Dr. Who", ""}, {"cookies.sqlite-wal", ""},
      {"q.pst", ""},          {"News/x.newsrc", ""}, {"idb/1", ""}};
  for (const Archive& archive : tree_and_zip(directory, files))
    CHECK(folder_names(archive) == "Dr. Who, Drafts, Inbox");
}

TEST_CASE("what has no end is told") {
  const TemporaryDirectory directory;
  const Files files{{"All.mbox.part", stored("a")},
                    {"cur/1420106401.M1,S=5000:2,S", letter_to("b")},
                    {"cur/1420106402.M1,S=500:2,S", ""},
                    {"cur/1420106403.M1,S=5:2,S", letter_to("longer")}};
  for (const Archive& archive : tree_and_zip(directory, files)) {
    CHECK(listed(archive.not_read(), NotReadKind::unread) ==
          "All.mbox.part: its name is that of a download that has not ended: what is behind its "
          "end is missing\n"
          "1420106401.M1,S=5000:2,S: shorter than its name says (S=5000): its end is missing\n"
          "1420106402.M1,S=500:2,S: shorter than its name says (S=500): its end is missing\n");
    const std::uint64_t missing = 5000 - letter_to("b").size() + 500;
    CHECK(archive.not_read().count(NotReadKind::unread).bytes == missing);
  }
}

TEST_CASE("files of Dovecot's own formats are unread mail, packed or not") {
  const TemporaryDirectory directory;
  const std::string head = "2 M1e C54a51b2a\n\x01\x02N                       00000077\n";
  const Files files{{"Inbox", stored("k")},
                    {"storage/m.1", head + gzip(letter_to("z"))},
                    {"dbox-Mails/u.1", head + letter_to("y")}};
  for (const Archive& archive : tree_and_zip(directory, files)) {
    const std::string unread = listed(archive.not_read(), NotReadKind::unread);
    CHECK(unread.find("m.1: mail in Dovecot's mdbox or sdbox, not read: export it with doveadm "
                      "backup") != std::string::npos);
    CHECK(unread.find("u.1: mail in Dovecot's") != std::string::npos);
  }
}

TEST_CASE("a short header is one") {
  const TemporaryDirectory directory;
  const Files files{{"Inbox", stored("k")},
                    {"letter", "From: a@b.example\n\nhi\n"},
                    {"draft", "To: bob@example.org\nSubject: lost\n\na draft\n"},
                    {"note", "Subject: a note\n\ntext\n"},
                    {"settings", "Host: x\nPort: 1\n\n"}};
  for (const Archive& archive : tree_and_zip(directory, files)) {
    const std::string unread = listed(archive.not_read(), NotReadKind::unread);
    CHECK(unread.find("letter:") != std::string::npos);
    CHECK(unread.find("draft:") != std::string::npos);
    CHECK(archive.not_read().count(NotReadKind::unread).files == 2);
  }
}

TEST_CASE("read marks in index files that are not read are told") {
  const TemporaryDirectory directory;
  const Files files{{"inbox/1", letter_to("a")}, {"inbox/.mh_sequences", "unseen: 1\n"}};
  for (const Archive& archive : tree_and_zip(directory, files)) {
    REQUIRE(archive.notices().size() == 1);
    CHECK(archive.notices()[0].find("read marks of MH, not read") != std::string::npos);
  }
}

TEST_CASE("numbered files of others are not taken in") {
  const TemporaryDirectory directory;
  for (const char* const name : {"user-001.zip", "user-002.zip"})
    directory.write(name, zip({{"Inbox", stored(name)}}));
  const auto archives = Archive::open_all({directory.file("user-001.zip")}, {});
  REQUIRE(archives);
  CHECK(archives->front().folders().size() == 1);
  REQUIRE(archives->front().notices().size() == 1);
  CHECK(archives->front().notices()[0] == directory.file("user-001.zip") + " is read alone; name " +
                                              directory.file("user-002.zip") +
                                              " too if both are of one download");
  CHECK(files_of(directory.file("user-001.zip")).size() == 1);
}

TEST_CASE("what is called like a part of a download and is none is unread") {
  const TemporaryDirectory directory;
  const std::string part = zip({{"Takeout/Mail/A.mbox", stored("a")}});
  directory.write("takeout-001.ZIP", part);
  directory.write("takeout-002.ZIP", part);
  directory.write("takeout-002 (1).ZIP", part);
  directory.write("takeout-003.zip", "<!DOCTYPE html>");
  directory.write("takeout-004.zip.crdownload", part);
  directory.write("takeout-2024.zip", part);
  directory.write("other/secret.zip", part);
  std::filesystem::create_symlink("other/secret.zip", directory.file("takeout-005.zip"));
  const auto archives = Archive::open_all({directory.file("takeout-001.ZIP")}, {});
  REQUIRE(archives);
  CHECK(archives->front().folders().size() == 2);
  CHECK(listed(archives->front().not_read(), NotReadKind::unread) ==
        "takeout-003.zip: called like a part of the download, and no archive file\n"
        "takeout-004.zip.crdownload: called like a part of the download, and no archive file\n"
        "takeout-005.zip: a link, which is followed only if it is named\n");
  OpenOptions following;
  following.follow_links = true;
  const auto followed = Archive::open_all({directory.file("takeout-001.ZIP")}, following);
  REQUIRE(followed);
  CHECK(followed->front().folders().size() == 3);
}

TEST_CASE("a stream without output among others unpacks to nothing") {
  // bzip2 takes its input in pieces of 4096 bytes: the end of a stream lies across their ends too.
  const std::string empty = compress("", Compression::bzip2);
  const std::string first = stored(std::string(2000, 'x'));
  std::string packed = compress(first, Compression::bzip2) + empty + empty +
                       compress(stored("y"), Compression::bzip2);
  const TemporaryDirectory directory;
  directory.write("a.mbox.bz2", packed);
  CHECK(read_all(must_open(directory.file("a.mbox.bz2")).folders()[0]) == first + stored("y"));
  std::string expected;
  packed.clear();
  for (int i = 0; i < 900; ++i) {
    std::string text = stored("message" + std::to_string(i * 7919) + std::string(i % 61, 'z'));
    packed += compress(text, Compression::bzip2);
    expected += text;
  }
  directory.write("b.mbox.bz2", packed);
  CHECK(read_all(must_open(directory.file("b.mbox.bz2")).folders()[0]) == expected);
}

TEST_CASE("data behind an empty first frame of lz4 is damage, not an end") {
  const TemporaryDirectory directory;
  const std::string empty =
      std::string("\x04\x22\x4d\x18\x64\x40\xa7\0\0\0\0", 11) + std::string("\x05\x5d\xcc\x02", 4);
  directory.write("tree/Inbox", stored("k"));
  directory.write("tree/a.mbox.lz4", empty + compress(stored("a"), Compression::lz4));
  const Archive archive = must_open(directory.file("tree"));
  const auto damaged = std::find_if(archive.folders().begin(), archive.folders().end(),
                                    [](const Folder& one) { return one.path.back() == "a"; });
  REQUIRE(damaged != archive.folders().end());
  auto source = open_folder(*damaged);
  REQUIRE(source);
  CHECK(read(**source, 0, 1).empty());
  CHECK((*source)->damage());
  directory.write("old/Inbox", stored("k"));
  directory.write("old/b.mbox.lz4", std::string("\x02\x21\x4c\x18", 4) + "packed");
  CHECK(listed(must_open(directory.file("old")).not_read(), NotReadKind::unread) ==
        "b.mbox.lz4: an lz4 file of the old format, not read: unpack it with lz4 -d\n");
}

}  // namespace mboxferry::archive
