// SPDX-License-Identifier: Apache-2.0
// Archive: which folders a path holds, and what is left out.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "mboxferry/archive/archive.h"
#include "support.h"

namespace mboxferry::archive {
namespace {

std::string listing(const Archive& archive, const TemporaryDirectory& directory) {
  std::string text;
  for (const Folder& folder : archive.folders()) {
    for (std::size_t i = 0; i < folder.path.size(); ++i) {
      text += (i == 0 ? "" : "|") + folder.path[i];
    }
    text +=
        " = " + std::filesystem::path(folder.file).lexically_relative(directory.path()).string();
    text += "\n";
  }
  return text;
}

TEST_CASE("one mbox file is one folder, named without its suffix") {
  TemporaryDirectory directory;
  for (const char* name : {"Work", "Work.mbox"}) {
    directory.write(name, kMail);
    const auto archive = Archive::open(directory.file(name));
    REQUIRE(archive);
    CHECK(archive->kind() == ArchiveKind::mbox_file);
    CHECK(archive->path() == directory.file(name));
    REQUIRE(archive->folders().size() == 1);
    CHECK(archive->folders()[0].path == std::vector<std::string>{"Work"});
    CHECK(archive->folders()[0].file == directory.file(name));
    CHECK(archive->bytes_on_disk() == std::string(kMail).size());
    CHECK(left_out_count(*archive) + unread_count(*archive) == 0);
  }
}

TEST_CASE("a file that is no mail opens, for the survey to judge it") {
  TemporaryDirectory directory;
  directory.write("picture.png", "\x89PNG\r\n\x1a\n");
  directory.write("empty", "");
  REQUIRE(Archive::open(directory.file("picture.png")));
  CHECK(Archive::open(directory.file("picture.png"))->kind() == ArchiveKind::mbox_file);
  REQUIRE(Archive::open(directory.file("empty")));
  CHECK(Archive::open(directory.file("empty"))->bytes_on_disk() == 0);
}

TEST_CASE("a compressed file is told by its bytes, not by its name") {
  TemporaryDirectory directory;
  directory.write("Work.mbox.gz", gzip(kMail));
  const auto archive = Archive::open(directory.file("Work.mbox.gz"));
  REQUIRE(archive);
  CHECK(archive->kind() == ArchiveKind::compressed_mbox);
  CHECK(archive->folders()[0].path == std::vector<std::string>{"Work"});
  directory.write("Other.gz", kMail);
  CHECK(Archive::open(directory.file("Other.gz"))->kind() == ArchiveKind::mbox_file);
}

TEST_CASE("what cannot be opened is told with its reason") {
  TemporaryDirectory directory;
  const auto missing = Archive::open(directory.file("missing"));
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ErrorCode::no_such_archive);
  CHECK(missing.error().what ==
        "cannot open " + directory.file("missing") + ": No such file or directory");

  REQUIRE(::mkfifo(directory.file("pipe").c_str(), 0600) == 0);
  const auto pipe = Archive::open(directory.file("pipe"));
  REQUIRE_FALSE(pipe);
  CHECK(pipe.error().code == ErrorCode::no_such_archive);
  CHECK(pipe.error().what.find("a pipe") != std::string::npos);

  const auto device = Archive::open("/dev/null");
  REQUIRE_FALSE(device);
  CHECK(device.error().what.find("a device") != std::string::npos);
}

TEST_CASE("containers that are not read are refused by their name") {
  TemporaryDirectory directory;
  std::string tar(512, '\0');
  tar.replace(257, 5, "ustar");
  for (const auto& [bytes, name] :
       {std::pair<std::string, std::string>{"7z\xbc\xaf\x27\x1crest", "a 7z archive"},
        {"Rar!\x1a\x07rest", "a rar archive"},
        {zip({}), "an empty zip archive"},
        {tar, "a tar archive"},
        {gzip(tar), "a tar archive"},
        {std::string("SQLite format 3\0", 16), "an SQLite database"},
        {"!BDN", "an Outlook data file"}}) {
    directory.write("container", bytes);
    const auto archive = Archive::open(directory.file("container"));
    REQUIRE_FALSE(archive);
    CHECK(archive.error().code == ErrorCode::not_mail);
    CHECK(archive.error().what.find(name) != std::string::npos);
    CHECK_FALSE(archive.error().hint.empty());
  }
}

TEST_CASE("a directory without mail is an error") {
  TemporaryDirectory directory;
  directory.write("sub/notes.txt", "hello");
  const auto archive = Archive::open(directory.path());
  REQUIRE_FALSE(archive);
  CHECK(archive.error().code == ErrorCode::not_mail);
  CHECK(archive.error().what == directory.path() + " is a directory that holds no mbox file");
}

TEST_CASE("a Thunderbird profile") {
  TemporaryDirectory directory;
  directory.write("Inbox", kMail);
  directory.write("Inbox.msf", "// <!-- <mdb:mork");
  directory.write("Inbox.sbd/Work", kMail);
  directory.write("Inbox.sbd/Work.msf", "");
  directory.write("Inbox.sbd/Work.sbd/2020.mbox", kMail);
  directory.write("Trash", "");
  directory.write("filterlog.html", "<html>");
  directory.write("msgFilterRules.dat", "");
  directory.write("popstate.dat", "# POP3 State File");
  directory.write("other.dat", "");
  const auto archive = Archive::open(directory.path());
  REQUIRE(archive);
  CHECK(archive->kind() == ArchiveKind::tree);
  CHECK(listing(*archive, directory) ==
        "Inbox = Inbox\n"
        "Inbox|Work = Inbox.sbd/Work\n"
        "Inbox|Work|2020 = Inbox.sbd/Work.sbd/2020.mbox\n"
        "Trash = Trash\n");
  CHECK(left_out_count(*archive) == 6);
  CHECK(left_out(*archive).find("Inbox.msf: index file of Thunderbird\n") != std::string::npos);
}

TEST_CASE("Apple Mail packages, nested directories, labels of a user") {
  TemporaryDirectory directory;
  directory.write("Sent.mbox/mbox", kMail);
  directory.write("Sent.mbox/table_of_contents", "x");
  directory.write("a/b/deep.mbox", kMail);
  directory.write("user@example.org/Label.mbox", kMail);
  directory.write("user@example.org/mbox", kMail);
  const auto archive = Archive::open(directory.path() + "/");
  REQUIRE(archive);
  CHECK(listing(*archive, directory) ==
        "Sent = Sent.mbox/mbox\n"
        "a|b|deep = a/b/deep.mbox\n"
        "user@example.org|Label = user@example.org/Label.mbox\n"
        "user@example.org|mbox = user@example.org/mbox\n");
  const auto package = Archive::open(directory.file("Sent.mbox") + "/");
  REQUIRE(package);
  CHECK(package->folders()[0].path == std::vector<std::string>{"Sent"});
}

TEST_CASE("in a tree the first bytes decide") {
  TemporaryDirectory directory;
  directory.write("bom", "\xef\xbb\xbf" + std::string(kMail));
  directory.write("compressed.gz", gzip(kMail));
  directory.write("damaged.gz", gzip(kMail).substr(0, 14));
  directory.write("empty.gz", gzip(""));
  directory.write("newlines", "\n\r\n" + std::string(kMail));
  directory.write("notes", "Dear diary");
  directory.write("notes.gz", gzip("Dear diary"));
  directory.write("stray", ">From - Mon\nSubject: x\n\n");
  directory.write("takeout.zip", "PK\x03\x04");
  directory.write(".hidden", "");
  const auto archive = Archive::open(directory.path());
  REQUIRE(archive);
  CHECK(listing(*archive, directory) ==
        "bom = bom\n"
        "compressed = compressed.gz\n"
        "damaged = damaged.gz\n"
        "empty = empty.gz\n"
        "newlines = newlines\n"
        "stray = stray\n");
  CHECK(left_out(*archive) == directory.file(".hidden") + ": empty\n" + directory.file("notes") +
                                  ": does not begin like an mbox file\n" +
                                  directory.file("notes.gz") +
                                  ": does not begin like an mbox file\n");
  CHECK(unread(*archive) == directory.file("takeout.zip") + ": a zip archive, not unpacked\n");
}

TEST_CASE("a damaged mbox in a tree is read, so that its mail is not passed over") {
  const TemporaryDirectory directory;
  directory.write("tree/zeros", std::string(5000, '\0') + "\n" + std::string(kMail));
  directory.write("tree/later", "some text\n\n" + std::string(kMail));
  directory.write("tree/named.mbox", "no line of mail");
  directory.write("tree/notes", "nothing of interest");
  directory.write("tree/good", kMail);
  const auto archive = Archive::open(directory.file("tree"));
  REQUIRE(archive);
  std::vector<std::string> names;
  for (const Folder& folder : archive->folders()) names.push_back(folder.path.back());
  CHECK(names == std::vector<std::string>{"good", "later", "named", "zeros"});
  CHECK(left_out_count(*archive) == 1);
}

TEST_CASE("names that are no UTF-8 are read as ISO-8859-1, and the file keeps its name") {
  TemporaryDirectory directory;
  directory.write("Entw\xfcrfe", kMail);
  directory.write("Gesendet\xc3\xa4", kMail);
  const auto archive = Archive::open(directory.path());
  REQUIRE(archive);
  REQUIRE(archive->folders().size() == 2);
  CHECK(archive->folders()[0].path == std::vector<std::string>{"Entw\xc3\xbcrfe"});
  CHECK(archive->folders()[0].file == directory.file("Entw\xfcrfe"));
  CHECK(archive->folders()[1].path == std::vector<std::string>{"Gesendet\xc3\xa4"});
}

TEST_CASE("the list of what is left out is complete and in order") {
  TemporaryDirectory directory;
  directory.write("a", kMail);
  for (int i = 0; i < 1200; ++i) directory.write("x" + std::to_string(i) + ".txt", "x");
  const auto archive = Archive::open(directory.path());
  REQUIRE(archive);
  CHECK(left_out_count(*archive) == 1200);
  CHECK(archive->not_read().count(NotReadKind::not_mail).bytes == 1200);
  CHECK(left_out(*archive).starts_with(directory.file("x0.txt") + ": "));
  CHECK(left_out(*archive).ends_with(directory.file("x999.txt") +
                                     ": does not begin like an mbox file\n"));
}

}  // namespace
}  // namespace mboxferry::archive
