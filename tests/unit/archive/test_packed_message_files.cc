// SPDX-License-Identifier: Apache-2.0
// Maildir, eml and emlx inside containers.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "archive/container.h"
#include "message_files.h"

namespace mboxferry::archive {
namespace {

TEST_CASE("message files inside a container") {
  TemporaryDirectory directory;
  std::vector<PackedFile> files;
  for (PackedFile file : maildir_files()) {
    file.name.insert(0, "home/joe/Maildir/");
    files.push_back(file);
  }
  const std::string bytes =
      GENERATE_COPY(zip(files), tar(files), gzip(tar(files)),
                    zip({{"in.tar.gz", gzip(tar(files))}}), tar({{"in.zip", zip(files)}}));
  directory.write("a", bytes);
  const Archive archive = must_open(directory.file("a"));
  REQUIRE(archive.folders().size() == 3);
  const Folder& inbox = archive.folders()[0];
  CHECK(inbox.path == std::vector<std::string>{"INBOX"});
  CHECK(archive.folders()[1].path == std::vector<std::string>{"Sent", "2020"});
  CHECK(archive.folders()[2].path == std::vector<std::string>{"Entw\xc3\xbcrfe"});
  CHECK(messages(inbox) ==
        "0+26 9.b:2,S [S]\n"
        "26+25 10.a:2,FRSa [FRS $Forwarded]\n"
        "51+28 12.c:2, []\n"
        "79+28 11.d []\n");
  const std::string whole = letter("nine") + letter("ten") + letter("twelve") + letter("eleven");
  CHECK(read_all(inbox) == whole);
  const auto source = open_folder(inbox);
  CHECK(read(**source, 60, 20) == whole.substr(60, 20));
  CHECK(read(**source, 1, 20) == whole.substr(1, 20));
  CHECK(read_all(archive.folders()[2]) == letter("draft") + letter("draft"));
  CHECK(inbox.container->walks() <= 4);
}

TEST_CASE("eml and emlx files inside a container") {
  TemporaryDirectory directory;
  const std::vector<PackedFile> files{
      {"x/Box/2.eml", letter("2")},
      {"x/Box/1.eml", "From a@example.org Mon Jan  1 00:00:00 2001\n" + letter("1")},
      {"x/Work.mbox/U/Data/Messages/1.emlx", emlx(letter("apple"), "1")},
      {"x/Work.mbox/U/Data/1/Messages/1001.emlx", emlx(letter("second"), "0")},
      {"x/Plain.mbox", std::string(kMail)}};
  const std::string bytes = GENERATE_COPY(zip(files), gzip(tar(files)));
  directory.write("a", bytes);
  const Archive archive = must_open(directory.file("a"));
  REQUIRE(archive.folders().size() == 3);
  CHECK(archive.folders()[0].path == std::vector<std::string>{"x", "Box"});
  CHECK(archive.folders()[0].place() == directory.file("a") + ": x/Box");
  CHECK(read_all(archive.folders()[0]) == letter("2") + letter("1"));
  CHECK(archive.folders()[1].path == std::vector<std::string>{"Work"});
  CHECK(messages(archive.folders()[1]) == "0+27 1.emlx [S]\n27+28 1001.emlx []\n");
  CHECK(read_all(archive.folders()[1]) == letter("apple") + letter("second"));
  CHECK(read_all(archive.folders()[2]) == kMail);
}

TEST_CASE("a Maildir in a container that is cut off is never short in silence") {
  TemporaryDirectory directory;
  std::vector<PackedFile> files;
  for (int i = 0; i < 20; ++i) {
    files.push_back({"cur/" + std::to_string(i) + ".x:2,S", letter("x", 3000)});
  }
  const std::string whole = tar(files);
  const auto cut = GENERATE(std::size_t{10'000}, std::size_t{10'240}, std::size_t{20'000});
  directory.write("a", whole.substr(0, cut));
  const Archive archive = must_open(directory.file("a"));
  bool failed = false;
  for (const Folder& folder : archive.folders()) {
    failed = failed || read_all(folder).find("damaged") != std::string::npos;
  }
  CHECK(failed);
}

TEST_CASE("a folder of many files is listed from disk") {
  TemporaryDirectory directory;
  std::vector<PackedFile> files;
  for (int i = 0; i < 5000; ++i) files.push_back({"cur/" + std::to_string(i) + ".x:2,S", "A: b\n"});
  directory.write("a", tar(files));
  const Archive archive = must_open(directory.file("a"));
  const std::string list = messages(archive.folders()[0]);
  CHECK(std::count(list.begin(), list.end(), '\n') == 5000);
  CHECK(messages(archive.folders()[0], 4999 * 5) == "24995+5 4999.x:2,S [S]\n");
  CHECK(read_all(archive.folders()[0]).size() == 25'000);
}

}  // namespace
}  // namespace mboxferry::archive
