// SPDX-License-Identifier: Apache-2.0
// Archives that end with another, names that cannot be read, and what links replace.
#include <archive.h>
#include <archive_entry.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "message_files.h"
#include "support.h"

namespace mboxferry::archive {
namespace {

std::string one_mail(const std::string& word) {
  return "From a@example.org Thu Jan  1 00:00:01 2015\nSubject: " + word + "\n\n" + word + "\n\n";
}

TEST_CASE("a folder has the name before all endings of packing") {
  const TemporaryDirectory directory;
  const std::string packed = compress(gzip(one_mail("x")), Compression::bzip2);
  directory.write("x.mbox.gz.gz", gzip(gzip(one_mail("x"))));
  directory.write("tree/y.mbox.gz.bz2", packed);
  directory.write("tree/z", one_mail("z"));
  directory.write("a.zip", zip({{"y.mbox.gz.bz2", packed}, {"z", one_mail("z")}}));
  CHECK(must_open(directory.file("x.mbox.gz.gz")).folders()[0].label() == "x");
  CHECK(must_open(directory.file("tree")).folders()[0].label() == "y");
  CHECK(must_open(directory.file("a.zip")).folders()[0].label() == "y");
}

TEST_CASE("a zip archive behind the mail is unread, with its bytes") {
  const TemporaryDirectory directory;
  const std::string glued = zip({{"Sent", one_mail("sent")}});
  directory.write("tree/Inbox", one_mail("one") + glued);
  directory.write("tree/Plain", one_mail("two"));
  const auto bytes_of_first = [](const Archive& archive) {
    const auto first = archive.not_read().first(NotReadKind::unread);
    return first ? first->bytes : 0;
  };
  for (const char* name : {"tree/Inbox", "tree"}) {
    const Archive archive = must_open(directory.file(name));
    CHECK(unread(archive).find("Inbox: a zip archive behind the mail") != std::string::npos);
    CHECK(unread_count(archive) == 1);
    CHECK(bytes_of_first(archive) == glued.size());
  }
  // The end of a record alone is none.
  directory.write("other", one_mail("one") + glued.substr(glued.size() - 22));
  CHECK(unread_count(must_open(directory.file("other"))) == 0);
}

TEST_CASE("the last part of a split zip archive has its name") {
  const TemporaryDirectory directory;
  std::string last = zip({{"Sent", one_mail("sent")}});
  last.erase(0, 10);
  last[last.size() - 18] = 3;  // the number of this part
  directory.write("tree/mail.zip", last);
  directory.write("tree/Inbox", one_mail("one"));
  directory.write("a.tar", tar({{"mail.zip", last}, {"Inbox", one_mail("one")}}));
  const auto opened = Archive::open(directory.file("tree/mail.zip"));
  REQUIRE(!opened);
  CHECK(describe(opened.error()).find("the last part of a split zip archive") != std::string::npos);
  CHECK(describe(opened.error()).find("zip -s 0") != std::string::npos);
  for (const char* name : {"tree", "a.tar"}) {
    CHECK(unread(must_open(directory.file(name))).find("the last part of a split zip archive") !=
          std::string::npos);
  }
}

TEST_CASE("members whose names cannot be read are told") {
  const TemporaryDirectory directory;
  std::string bytes = zip({{"Entw\xc3\xbcrfe", one_mail("one")}, {"Sent", one_mail("two")}});
  for (std::size_t at = 0; (at = bytes.find("\xc3\xbc", at)) != std::string::npos;)
    bytes.replace(at, 2, "\xc3(");
  const auto mark_as_utf8 = [&](const std::string& signature, std::size_t flags) {
    for (std::size_t at = 0; (at = bytes.find(signature, at)) != std::string::npos; ++at)
      bytes[at + flags + 1] = static_cast<char>(bytes[at + flags + 1] | 8);
  };
  mark_as_utf8("PK\x03\x04", 6);
  mark_as_utf8("PK\x01\x02", 8);
  directory.write("a.zip", bytes);
  const Archive archive = must_open(directory.file("a.zip"));
  CHECK(archive.folders().size() == 2);
  REQUIRE(archive.notices().size() == 1);
  CHECK(archive.notices()[0] ==
        directory.file("a.zip") +
            ": 1 member has no name that can be read, and is called \"unnamed\"");
}

struct Linked {
  std::string name;
  std::string bytes;
  std::string link;  // the member's name, of a hard link
};

std::string tar_with_links(const std::vector<Linked>& members) {
  std::string out(1 << 20, '\0');
  std::size_t used = 0;
  struct ::archive* writer = archive_write_new();
  archive_write_set_format_ustar(writer);
  archive_write_open_memory(writer, out.data(), out.size(), &used);
  for (const Linked& member : members) {
    struct archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, member.name.c_str());
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0600);
    archive_entry_set_size(entry, static_cast<la_int64_t>(member.bytes.size()));
    if (!member.link.empty()) archive_entry_set_hardlink(entry, member.link.c_str());
    archive_write_header(writer, entry);
    archive_write_data(writer, member.bytes.data(), member.bytes.size());
    archive_entry_free(entry);
  }
  archive_write_close(writer);
  archive_write_free(writer);
  out.resize(used);
  return out;
}

TEST_CASE("a member that a later hard link replaces is told") {
  const TemporaryDirectory directory;
  const auto opened = [&](const std::vector<Linked>& members) {
    directory.write("a.tar", tar_with_links(members));
    return must_open(directory.file("a.tar"));
  };
  const std::string place = directory.file("a.tar") + ": Inbox: ";
  SECTION("as unread where it held other mail") {
    const Archive archive = opened(
        {{"Inbox", one_mail("old"), ""}, {"Sent", one_mail("sent"), ""}, {"Inbox", "", "Sent"}});
    REQUIRE(archive.folders().size() == 1);
    CHECK(archive.folders()[0].label() == "Inbox");
    CHECK(read_all(archive.folders()[0]) == one_mail("sent"));
    CHECK(unread(archive) ==
          place + "other mail than the later member of the same name, which replaces it\n");
    CHECK(archive.not_read().first(NotReadKind::unread)->bytes == one_mail("old").size());
  }
  SECTION("as no mail where the link's member goes on from it") {
    const Archive archive = opened({{"Inbox", one_mail("old"), ""},
                                    {"Sent", one_mail("old") + one_mail("new"), ""},
                                    {"Inbox", "", "Sent"}});
    REQUIRE(archive.folders().size() == 1);
    CHECK(unread(archive).empty());
    CHECK(left_out(archive).find(place + "replaced by a later member") != std::string::npos);
  }
  SECTION("unless the link leads to itself") {
    const Archive archive =
        opened({{"Inbox", one_mail("old"), ""}, {"Inbox", "", "Inbox"}, {"Sent", "", "Inbox"}});
    REQUIRE(archive.folders().size() == 1);
    CHECK(read_all(archive.folders()[0]) == one_mail("old"));
    CHECK(unread(archive).empty());
  }
}

}  // namespace
TEST_CASE("a hard link to a hard link leads to the member") {
  const TemporaryDirectory directory;
  const std::string message = "From: a@example.org\nSubject: x\n\nx\n";
  directory.write("a.tar", tar_with_links({{"x/1.eml", message, ""},
                                           {"y/1.eml", "", "x/1.eml"},
                                           {"z/1.eml", "", "y/1.eml"},
                                           {"loop/1.eml", "", "loop/2.eml"},
                                           {"loop/2.eml", "", "loop/1.eml"}}));
  const Archive archive = must_open(directory.file("a.tar"));
  REQUIRE(archive.folders().size() == 3);
  for (const Folder& folder : archive.folders()) CHECK(read_all(folder) == message);
  CHECK(unread_count(archive) == 2);
}

}  // namespace mboxferry::archive
