// SPDX-License-Identifier: Apache-2.0
// Folders with a file for each message: Maildir, eml, emlx.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "message_files.h"
#include "support/places.h"

namespace mboxferry::archive {
namespace {

void write_maildir(const TemporaryDirectory& directory, const std::string& root) {
  for (const PackedFile& file : maildir_files()) directory.write(root + file.name, file.bytes);
  std::filesystem::create_directories(directory.file(root + ".Empty/cur"));
  std::filesystem::create_directories(directory.file(root + ".Empty/new"));
}

TEST_CASE("a Maildir and its folders") {
  TemporaryDirectory directory;
  write_maildir(directory, "");
  const Archive archive = must_open(directory.path());
  CHECK(archive.kind() == ArchiveKind::tree);
  CHECK(archive.is_tree());
  REQUIRE(archive.folders().size() == 4);
  std::string paths;
  for (const Folder& folder : archive.folders()) {
    CHECK(folder.form == FolderForm::maildir);
    for (const std::string& segment : folder.path) paths += segment + "/";
    paths += "\n";
  }
  CHECK(paths == "INBOX/\nEmpty/\nEntw\xc3\xbcrfe/\nSent/2020/\n");
  const Folder& inbox = archive.folders()[0];
  CHECK(inbox.file == directory.path());
  CHECK(messages(inbox) ==
        "0+26 9.b:2,S [S]\n"
        "26+25 10.a:2,FRSa [FRS $Forwarded]\n"
        "51+28 11.d []\n"
        "79+28 12.c:2, []\n");
  CHECK(messages(inbox, 26).starts_with("26+25 10.a"));
  CHECK(messages(inbox, 27).starts_with("51+28 11.d"));
  CHECK(messages(inbox, 1000).empty());
  CHECK(messages(archive.folders()[1]).empty());
  CHECK(read_all(archive.folders()[1]).empty());
  CHECK(read_all(inbox) == letter("nine") + letter("ten") + letter("eleven") + letter("twelve"));
  CHECK(inbox.bytes_on_disk == 107);
  CHECK(lock_warning(inbox).empty());
  const std::string lines = left_out(archive);
  for (const char* line :
       {"/dovecot-uidlist: index file of Dovecot\n", "/tmp/13.e: unfinished delivery\n",
        "/.Sent.2020/new/2.y: empty\n", "/.Sent.2020/maildirfolder: mark of a Maildir\n",
        "/subscriptions: list of subscribed folders\n"}) {
    CHECK(lines.find(line) != std::string::npos);
  }
}

TEST_CASE("one Maildir without others goes into the mailbox itself") {
  TemporaryDirectory directory;
  directory.write("joe/cur/1.a:2,S", letter("a"));
  std::filesystem::create_directories(directory.file("joe/new"));
  const Archive single = must_open(directory.file("joe"));
  CHECK_FALSE(single.is_tree());
  CHECK(single.folders()[0].path == std::vector<std::string>{"INBOX"});
  const Archive tree = must_open(directory.path());
  CHECK(tree.is_tree());
  CHECK(tree.folders()[0].path == std::vector<std::string>{"joe"});
}

TEST_CASE("message files are read by position") {
  TemporaryDirectory directory;
  std::string whole;
  for (int i = 1; i <= 30; ++i) {
    const std::string text = letter(std::to_string(i), 100'000);
    directory.write("cur/" + std::to_string(i) + ".x:2,S", text);
    whole += text;
  }
  std::filesystem::create_directories(directory.file("new"));
  const Archive archive = must_open(directory.path());
  const auto source = open_folder(archive.folders()[0]);
  REQUIRE(source);
  CHECK((read_all(**source, 77'777) == whole));
  for (const std::size_t at : {std::size_t{2'900'000}, std::size_t{5}, std::size_t{2'500'000},
                               std::size_t{1'200'000}, whole.size() - 4}) {
    CHECK(read(**source, at, 1000) == whole.substr(at, 1000));
  }
  CHECK(read(**source, whole.size() + 5, 10).empty());
  CHECK((*source)->check_unchanged());
}

TEST_CASE("a message file that is gone or changes is named") {
  TemporaryDirectory directory;
  directory.write("cur/1.x:2,", letter("a"));
  directory.write("cur/2.x:2,", letter("b"));
  std::filesystem::create_directories(directory.file("new"));
  const Archive archive = must_open(directory.path());
  SECTION("gone") { std::filesystem::remove(directory.file("cur/2.x:2,")); }
  SECTION("longer") { directory.write("cur/2.x:2,", letter("longer")); }
  SECTION("shorter") { directory.write("cur/2.x:2,", "x"); }
  const auto source = open_folder(archive.folders()[0]);
  char buffer[1000];
  const auto got = (*source)->read_at(0, buffer);
  REQUIRE_FALSE(got);
  CHECK(got.error().code == ErrorCode::archive_changed);
  CHECK(got.error().what.find(directory.file("cur/2.x:2,") +
                              " changed while its folder was being read") == 0);
}

TEST_CASE("messages that Dovecot compressed are unpacked") {
  TemporaryDirectory directory;
  const std::string text = letter("a", 5000);
  directory.write("cur/1.x,S=" + std::to_string(text.size()) + ":2,S", gzip(text));
  directory.write("cur/2.x,S=999:2,S", letter("b"));
  directory.write("cur/3.x,S=" + std::to_string(text.size()) + ":2,S", gzip(text).substr(0, 1000));
  std::filesystem::create_directories(directory.file("new"));
  const Archive archive = must_open(directory.path());
  const auto source = open_folder(archive.folders()[0]);
  const std::string good = text + letter("b");
  CHECK(read(**source, 0, good.size()) == good);
  CHECK(unread(archive).find("3.x,S=") != std::string::npos);
}

TEST_CASE("a directory of eml files is one folder, ordered by number") {
  TemporaryDirectory directory;
  directory.write("Work/10.eml", letter("ten"));
  directory.write("Work/2.EML", "From a@example.org Mon Jan  1 00:00:00 2001\n" + letter("two"));
  directory.write("Work/3.eml.gz", gzip(letter("three")));
  directory.write("Work/notes.eml", "just notes");
  directory.write("Work/empty.eml", "");
  directory.write("Work/sub/1.eml", letter("one"));
  directory.write("Other.mbox", kMail);
  const Archive archive = must_open(directory.path());
  REQUIRE(archive.folders().size() == 3);
  CHECK(archive.is_tree());
  const Folder& work = archive.folders()[1];
  CHECK(work.form == FolderForm::eml);
  CHECK(work.path == std::vector<std::string>{"Work"});
  CHECK(archive.folders()[2].path == std::vector<std::string>{"Work", "sub"});
  CHECK(messages(work) == "0+25 2.EML [?]\n25+27 3.eml.gz [?]\n52+25 10.eml [?]\n");
  CHECK(read_all(work) == letter("two") + letter("three") + letter("ten"));
  CHECK(left_out(archive) == directory.file("Work/empty.eml") + ": empty\n");
  CHECK(unread(archive) == directory.file("Work/notes.eml") + ": does not begin like a message\n");
  const Archive single = must_open(directory.file("Work/sub") + "/");
  CHECK_FALSE(single.is_tree());
  CHECK(single.folders()[0].path == std::vector<std::string>{"sub"});
}

TEST_CASE("eml files by themselves") {
  TemporaryDirectory directory;
  directory.write("Box/b.eml", letter("b"));
  directory.write("Box/a.eml", letter("aa"));
  directory.write("c.eml", letter("c"));
  const auto single = must_open(directory.file("Box/b.eml"));
  CHECK(single.kind() == ArchiveKind::message_file);
  CHECK_FALSE(single.is_tree());
  CHECK(single.folders()[0].path == std::vector<std::string>{"Box"});
  CHECK(single.folders()[0].file == directory.file("Box/b.eml"));
  CHECK(read_all(single.folders()[0]) == letter("b"));

  const auto several = Archive::open_all(
      {directory.file("Box/b.eml"), directory.file("c.eml"), directory.file("Box/a.eml")});
  REQUIRE(several);
  REQUIRE(several->size() == 2);
  const Folder& folder = several->front().folders()[0];
  CHECK(several->front().kind() == ArchiveKind::message_file);
  CHECK(folder.file == directory.file("Box"));
  CHECK(messages(folder) == "0+24 a.eml [?]\n24+23 b.eml [?]\n");
  CHECK(read_all(folder) == letter("aa") + letter("b"));
}

TEST_CASE("an eml file in the present directory is named after it") {
  TemporaryDirectory directory;
  directory.write("Box/b.eml", letter("b"));
  const std::string before = std::filesystem::current_path();
  std::filesystem::current_path(directory.file("Box"));
  const auto archive = Archive::open("b.eml");
  const std::string text = archive ? read_all(archive->folders()[0]) : "";
  std::filesystem::current_path(before);
  REQUIRE(archive);
  CHECK(archive->folders()[0].path == std::vector<std::string>{"Box"});
  CHECK(text == letter("b"));
}

TEST_CASE("Apple Mail keeps one folder in many directories") {
  TemporaryDirectory directory;
  const std::string data = "V9/ACC/Work.mbox/UUID/Data/";
  directory.write(data + "Messages/2.emlx", emlx(letter("two"), "1"));
  directory.write(data + "0/1/Messages/12.emlx", emlx(letter("twelve"), "8590195713"));
  directory.write(data + "Messages/7.partial.emlx", emlx(letter("seven"), "342"));
  directory.write(data + "Attachments/7/2/x.txt", "hello");
  directory.write("V9/ACC/Work.mbox/Info.plist", "<plist/>");
  directory.write("V9/ACC/Work.mbox/Sub.mbox/UUID/Data/Messages/1.emlx",
                  "13\nSubject: x\n\nYES no property list");
  directory.write("V9/ACC/Work.mbox/Sub.mbox/UUID/Data/Messages/2.emlx", "500\nSubject: cut\n");
  const Archive archive = must_open(directory.path());
  REQUIRE(archive.folders().size() == 2);
  const Folder& work = archive.folders()[0];
  CHECK(work.form == FolderForm::emlx);
  CHECK(work.path == std::vector<std::string>{"Work"});
  CHECK(work.file == directory.file("V9/ACC/Work.mbox"));
  CHECK(messages(work) == "0+28 12.emlx [S]\n28+25 2.emlx [S]\n53+27 7.partial.emlx [TRFDP]\n");
  CHECK(read_all(work) == letter("twelve") + letter("two") + letter("seven"));
  const Folder& sub = archive.folders()[1];
  CHECK(sub.path == std::vector<std::string>{"Work", "Sub"});
  CHECK(messages(sub) == "0+32 1.emlx [?]\n32+13 2.emlx [?]\n");
  CHECK(read_all(sub) == "Subject: x\n\nYES no property listSubject: cut\n");
}

TEST_CASE("an emlx file whose first line is wrong gives the whole message") {
  const std::string list = emlx("", "1").substr(emlx("", "1").find("<?xml"));
  REQUIRE(list.starts_with("<?xml"));
  const std::string body = letter("x") + "and <?xml in it\r\n" + std::string(150'000, 'y') + "\n";
  const bool with_list = GENERATE(true, false);
  const std::string end = with_list ? list : "";
  for (const std::size_t count :
       {std::size_t{0}, std::size_t{10}, body.size() - 2, body.size(),
        body.size() + (with_list ? 1 : 0), body.size() + (with_list ? 200'000 : 0)}) {
    TemporaryDirectory directory;
    const std::string file = std::to_string(count) + "\n" + body + end;
    directory.write("plain/1.emlx", file);
    directory.write("packed/1.emlx.gz", gzip(file));
    directory.write("x.tar", tar({{"in/1.emlx", file}}));
    const Archive archive = must_open(directory.path());
    REQUIRE(archive.folders().size() == 2);
    CHECK(read_all(must_open(directory.file("x.tar")).folders().at(0)) == body);
    for (const Folder& folder : archive.folders()) {
      INFO(folder.label() << " " << count << " " << with_list);
      CHECK(read_all(folder) == body);
      CHECK(messages(folder).ends_with(with_list ? "[S]\n" : "[?]\n"));
    }
    CHECK(unread(archive).find(".emlx") == std::string::npos);
  }
}

TEST_CASE("an emlx file from the corpora is one message") {
  const std::string file = test::corpora() + "/mbox/apache-tika--testEMLX.emlx";
  if (!std::filesystem::exists(file)) return;
  const Archive archive = must_open(file);
  CHECK(archive.kind() == ArchiveKind::message_file);
  CHECK(archive.folders()[0].form == FolderForm::emlx);
  const std::string list = messages(archive.folders()[0]);
  CHECK(std::count(list.begin(), list.end(), '\n') == 1);
  const std::string text = read_all(archive.folders()[0]);
  CHECK(text.find("plist") == std::string::npos);
}

TEST_CASE("the file's date is that of the delivery") {
  TemporaryDirectory directory;
  directory.write("cur/1.x:2,", letter("a"));
  std::filesystem::create_directories(directory.file("new"));
  const timespec times[2] = {{1'234'567'890, 0}, {1'234'567'890, 0}};
  REQUIRE(::utimensat(AT_FDCWD, directory.file("cur/1.x:2,").c_str(), times, 0) == 0);
  directory.write("a.zip", zip({{"x/1.eml", letter("a"), 1'300'000'000}}));
  const auto date = [](const Archive& archive) {
    const auto files = open_messages(archive.folders()[0]);
    return (*(*files)->next())->date;
  };
  const Archive maildir = must_open(directory.path());
  CHECK(date(maildir) == Timestamp{1'234'567'890, 0});
  CHECK(date(must_open(directory.file("a.zip")))->unix_seconds == 1'300'000'000);
}

TEST_CASE("identities of message files go by unique names and sizes") {
  TemporaryDirectory directory;
  directory.write("cur/1.x:2,", letter("a"));
  directory.write("new/2.x", letter("b"));
  const Archive first = must_open(directory.path());
  const auto before = identify(first.folders()[0]);
  REQUIRE(before);
  CHECK(before->size == letter("a").size() * 2);
  const auto now = [&] { return compare(must_open(directory.path()).folders()[0], *before); };
  CHECK(now() == Change::none);
  SECTION("a delivery is seen and has no flags yet") {
    std::filesystem::rename(directory.file("new/2.x"), directory.file("cur/2.x:2,"));
    CHECK(now() == Change::none);
  }
  SECTION("flags change, and the messages are read all the same") {
    std::filesystem::rename(directory.file("new/2.x"), directory.file("cur/2.x:2,S"));
    std::filesystem::rename(directory.file("cur/1.x:2,"), directory.file("cur/1.x:2,Fab"));
    CHECK(now() == Change::touched);
    const auto bytes = open_folder(first.folders()[0]);
    REQUIRE(bytes);
    std::string text(letter("a").size() * 2, '\0');
    const auto got = (*bytes)->read_at(0, text);
    INFO((got ? std::string() : got.error().what));
    REQUIRE(got);
    CHECK(text == letter("a") + letter("b"));
  }
  SECTION("a new delivery") {
    directory.write("new/10.x", letter("c"));
    CHECK(now() == Change::grown);
  }
  SECTION("one that sorts between") {
    directory.write("new/1.y", letter("c"));
    CHECK(now() == Change::different);
  }
  SECTION("one is gone") {
    std::filesystem::remove(directory.file("new/2.x"));
    CHECK(now() == Change::different);
  }
  SECTION("one has another size") {
    directory.write("new/2.x", letter("bb"));
    CHECK(now() == Change::different);
  }
  SECTION("one is written again") {
    // Neither need it be the newest of all afterwards.
    const std::time_t seconds = GENERATE(4'000'000'000, 1'000'000'000);
    const timespec times[2] = {{seconds, 0}, {seconds, 0}};
    REQUIRE(::utimensat(AT_FDCWD, directory.file("new/2.x").c_str(), times, 0) == 0);
    CHECK(now() == Change::touched);
  }
  SECTION("a journal of an earlier version does not know when they were written to") {
    auto earlier = *before;
    earlier.changed_ns = 0;
    CHECK(compare(first.folders()[0], earlier) == Change::none);
  }
}

TEST_CASE("a message file that gets its former time again was written to all the same") {
  TemporaryDirectory directory;
  directory.write("1.eml", letter("a"));
  directory.write("2.eml", letter("b"));
  const auto before = identify(must_open(directory.path()).folders()[0]);
  REQUIRE(before);
  struct stat status {};
  REQUIRE(::stat(directory.file("1.eml").c_str(), &status) == 0);
  directory.write("1.eml", letter("c"));
  const timespec times[2] = {status.st_atim, status.st_mtim};
  REQUIRE(::utimensat(AT_FDCWD, directory.file("1.eml").c_str(), times, 0) == 0);
  CHECK(compare(must_open(directory.path()).folders()[0], *before) == Change::touched);
}

}  // namespace
}  // namespace mboxferry::archive
