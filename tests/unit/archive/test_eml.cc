// SPDX-License-Identifier: Apache-2.0
// What stands around the message in an .eml file.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "message_files.h"

namespace mboxferry::archive {
namespace {

const std::string kTwoMessages = std::string(kMail) + std::string(kMail);

TEST_CASE("a byte order mark, empty lines and a From_ line before a message are no part of it") {
  const std::string before =
      GENERATE(as<std::string>(), "\n\n", "\r\n", "\xef\xbb\xbf", "\xef\xbb\xbf\n",
               "\nFrom a@example.org Mon Jan  1 00:00:00 2001\n");
  TemporaryDirectory directory;
  directory.write("Box/1.eml", before + letter("one"));
  directory.write("Box/2.eml.txt", letter("two"));
  const Archive archive = must_open(directory.path());
  REQUIRE(archive.folders().size() == 1);
  CHECK(read_all(archive.folders()[0]) == letter("one") + letter("two"));
  CHECK(archive.not_read().count(NotReadKind::unread).files == 0);
}

TEST_CASE("an eml file with several messages is an mbox") {
  const bool by_itself = GENERATE(true, false);
  TemporaryDirectory directory;
  const std::vector<PackedFile> files{{"Box/a.eml", letter("a")}, {"Box/b.eml", kTwoMessages}};
  for (const PackedFile& file : files) directory.write("tree/" + file.name, file.bytes);
  directory.write("box.zip", zip(files));
  directory.write("box.tar", tar(files));
  if (by_itself) {
    const Archive archive = must_open(directory.file("tree/Box/b.eml"));
    REQUIRE(archive.folders().size() == 1);
    CHECK(archive.folders()[0].form == FolderForm::mbox);
    CHECK(archive.folders()[0].path == std::vector<std::string>{"b"});
    return;
  }
  const std::string where = GENERATE(as<std::string>(), "tree", "box.zip", "box.tar");
  const Archive archive = must_open(directory.file(where));
  REQUIRE(archive.folders().size() == 2);
  const bool mbox_first = archive.folders()[0].form == FolderForm::mbox;
  const Folder& mbox = archive.folders()[mbox_first ? 0 : 1];
  CHECK(mbox.form == FolderForm::mbox);
  CHECK(mbox.path.back() == "b");
  CHECK(read_all(mbox) == kTwoMessages);
}

TEST_CASE("an eml file whose text holds a From_ line is one message") {
  const std::string text = GENERATE(
      as<std::string>(), "From here on it is text\nTo: me\n",
      "From a@example.org Mon Jan  1 00:00:00 2001\nis what an mbox has\n",
      "> quoted\nFrom a@example.org Mon Jan  1 00:00:00 2001\nTo: no empty line before it\n");
  TemporaryDirectory directory;
  const std::string message = letter("a") + "\n" + text;
  directory.write("a.eml", "From a@example.org Mon Jan  1 00:00:00 2001\n" + message);
  const Archive archive = must_open(directory.file("a.eml"));
  CHECK(archive.kind() == ArchiveKind::message_file);
  CHECK(read_all(archive.folders()[0]) == message);
}

TEST_CASE("a header behind other text makes a file unread") {
  TemporaryDirectory directory;
  directory.write("good.eml", letter("good"));
  directory.write("late.eml", "Exported by a program\nFrom: a@example.org\n" + letter("late"));
  directory.write("page.mht", "From: <Saved by a browser>\nMIME-Version: 1.0\n" + letter("x"));
  directory.write("nameless", "From: a@example.org\n" + letter("x"));
  CHECK(unread_count(must_open(directory.path())) == 3);
}

}  // namespace
}  // namespace mboxferry::archive
