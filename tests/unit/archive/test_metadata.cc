// SPDX-License-Identifier: Apache-2.0
// Files beside the mail that say what is not in it, and messages whose parts are in other files.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "message_files.h"

namespace mboxferry::archive {
namespace {

TEST_CASE("files that say what is not in the messages are told in one line") {
  TemporaryDirectory directory;
  for (const std::string name : {"1", "2"}) {
    directory.write("tree/" + name + ".eml", letter(name));
    directory.write("tree/" + name + ".metadata.json", "{\"Version\":1}");
  }
  directory.write("tree/Real.imap", kMail);
  directory.write("a.zip", zip({{"1.eml", letter("1")}, {"1.meta", "{}"}}));
  const Archive archive = must_open(directory.file("tree"));
  CHECK(archive.folders().size() == 2);
  REQUIRE(archive.notices().size() == 1);
  CHECK(archive.notices()[0].starts_with("2 files hold read marks or labels that are not read"));
  CHECK(must_open(directory.file("a.zip")).notices().size() == 1);
}

TEST_CASE("keyword letters without a name are counted as lost") {
  TemporaryDirectory directory;
  const std::vector<PackedFile> files{
      {"M/cur/1.a:2,Sa", letter("1")},    {"M/cur/2.a:2,ab", letter("2")},
      {"M/cur/3.a:2,S", letter("3")},     {"M/new/4.a", letter("4")},
      {"N/cur/1.a:2,b", letter("5")},     {"N/new/2.a", letter("6")},
      {"M/dovecot-keywords", "0 Known\n"}};
  for (const PackedFile& file : files) directory.write("tree/" + file.name, file.bytes);
  directory.write("a.tar", tar(files));
  const std::string where = GENERATE(as<std::string>(), "tree", "a.tar");
  const Archive archive = must_open(directory.file(where));
  REQUIRE(archive.notices().size() == 1);
  CHECK(archive.notices()[0].starts_with("2 messages have keyword letters"));
}

TEST_CASE("a message of Apple Mail without its attachments is read, and unread in part") {
  TemporaryDirectory directory;
  const std::vector<PackedFile> files{{"A.mbox/Messages/1.emlx", emlx(letter("1"), "1")},
                                      {"A.mbox/Messages/2.partial.emlx", emlx(letter("2"), "1")}};
  for (const PackedFile& file : files) directory.write("tree/" + file.name, file.bytes);
  directory.write("a.tar", tar(files));
  const std::string where = GENERATE(as<std::string>(), "tree", "a.tar");
  const Archive archive = must_open(directory.file(where));
  CHECK(read_all(archive.folders()[0]) == letter("1") + letter("2"));
  CHECK(unread_count(archive) == 1);
}

}  // namespace
}  // namespace mboxferry::archive
