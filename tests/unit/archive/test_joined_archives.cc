// SPDX-License-Identifier: Apache-2.0
// Containers that were added to, joined or cut.
#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <string>

#include "message_files.h"
#include "support.h"

namespace mboxferry::archive {
namespace {

std::string mbox_of(const std::string& word) {
  return "From a@example.org Thu Jan  1 00:00:01 2015\nSubject: " + word + "\n\n" + word + "\n";
}

// A tar archive without the zeros at its end.
std::string open_ended(const std::vector<PackedFile>& files) {
  std::string bytes = tar(files);
  const std::size_t end = bytes.find_last_not_of('\0') + 1;
  bytes.resize((end + 511) / 512 * 512);
  return bytes;
}

TEST_CASE("of a folder that was added to a tar archive again the later one counts") {
  const TemporaryDirectory directory;
  const std::string old = mbox_of("old");
  directory.write(
      "a.tar", tar({{"Inbox", old}, {"Sent", mbox_of("sent")}, {"Inbox", old + "\n" + mbox_of("new")}}));
  const Archive archive = must_open(directory.file("a.tar"));
  REQUIRE(archive.folders().size() == 2);
  CHECK(archive.folders()[1].label() == "Inbox");
  CHECK(archive.folders()[1].member == "Inbox");
  CHECK(read_all(archive.folders()[1]) == old + "\n" + mbox_of("new"));
  CHECK(left_out(archive) ==
        directory.file("a.tar") + ": Inbox: replaced by a later member of the same name\n");
  CHECK(unread(archive).empty());
  REQUIRE(archive.notices().size() == 1);
  CHECK(archive.notices()[0] == directory.file("a.tar") +
                                    ": of members of the same name the last one counts, 1 earlier "
                                    "one is left out (Inbox)");
}

TEST_CASE("a later member that is smaller than the one it replaces is a doubt") {
  const TemporaryDirectory directory;
  directory.write("a.tar", tar({{"Inbox", mbox_of("a long one")}, {"Inbox", mbox_of("short")}}));
  const Archive archive = must_open(directory.file("a.tar"));
  REQUIRE(archive.folders().size() == 1);
  CHECK(read_all(archive.folders()[0]) == mbox_of("short"));
  CHECK(unread(archive) == directory.file("a.tar") +
                               ": Inbox: other mail than the later member of the "
                               "same name, which replaces it\n");
}

TEST_CASE("a later member takes the place of what it goes on from, however large or packed") {
  const TemporaryDirectory directory;
  const std::string old = mbox_of("old");
  const std::string longer = mbox_of("another " + long_text(20'000));
  const std::string replaced = "Inbox: replaced by a later member of the same name\n";
  const std::string other =
      "Inbox: other mail than the later member of the same name, which replaces it\n";
  const auto both = [&](const std::string& first, const std::string& second) {
    directory.write("a.tar", tar({{"Inbox", first}, {"Sent", old}, {"Inbox", second}}));
    const Archive archive = must_open(directory.file("a.tar"));
    CHECK(archive.folders().size() == 2);
    std::string text = left_out(archive) + unread(archive);
    const std::string before = directory.file("a.tar") + ": ";
    return text.starts_with(before) ? text.substr(before.size()) : text;
  };
  CHECK(both(old, old) == replaced);
  CHECK(both(gzip(old), gzip(old + "\n" + longer)) == replaced);
  CHECK(both(old, longer) == other);
  CHECK(both(gzip(old + old), gzip(longer)) == other);
  CHECK(both(old, "") == other);
  directory.write("three.tar",
                  tar({{"Inbox", old}, {"Inbox", old + old}, {"Inbox", old + old + longer}}));
  CHECK(left_out_count(must_open(directory.file("three.tar"))) == 2);
}

TEST_CASE("a later member that is no mail takes no mail's place") {
  const TemporaryDirectory directory;
  for (const std::string& later : {std::string(90'000, '\1'), "Salted__" + long_text(90'000)}) {
    directory.write("a.tar", tar({{"Inbox", mbox_of("old")}, {"Inbox", later}}));
    const Archive archive = must_open(directory.file("a.tar"));
    REQUIRE(archive.folders().size() == 1);
    CHECK(read_all(archive.folders()[0]) == mbox_of("old"));
    CHECK(archive.notices().empty());
  }
}

TEST_CASE("of a delivery that was added to a tar archive with other flags the last one counts") {
  const TemporaryDirectory directory;
  directory.write("a.tar", tar({{"new/1.a", letter("one")},
                                {"new/2.b", letter("two")},
                                {"new/3", letter("three")},
                                {"cur/3", letter("another")},
                                {"cur/1.a:2,S", letter("one")},
                                {"cur/1.a:2,RS", letter("one")}}));
  const Archive archive = must_open(directory.file("a.tar"));
  REQUIRE(archive.folders().size() == 1);
  CHECK(read_all(archive.folders()[0]) ==
        letter("two") + letter("three") + letter("another") + letter("one"));
  CHECK(messages(archive.folders()[0]).find("RS") != std::string::npos);
  CHECK(unread(archive).empty());
  CHECK(left_out_count(archive) == 2);
}

TEST_CASE("of a message file that was added again the later one counts") {
  const TemporaryDirectory directory;
  directory.write("a.tar", tar({{"cur/1.a:2,", letter("one", 5)},
                                {"cur/2.b:2,", letter("two")},
                                {"./cur/1.a:2,", letter("one", 5)}}));
  const Archive archive = must_open(directory.file("a.tar"));
  REQUIRE(archive.folders().size() == 1);
  CHECK(read_all(archive.folders()[0]) == letter("two") + letter("one", 5));
  CHECK(left_out_count(archive) == 1);
}

TEST_CASE("of a folder that was added to a zip archive again the later one counts") {
  const TemporaryDirectory directory;
  const std::string old = mbox_of("old");
  const std::string place = directory.file("a.zip") + ": Inbox: ";
  SECTION("and the earlier one is told where it is its beginning") {
    directory.write("a.zip", zip({{"Inbox", old}, {"x", mbox_of("x")}, {"Inbox", old + mbox_of("new")}}));
    const Archive archive = must_open(directory.file("a.zip"));
    REQUIRE(archive.folders().size() == 2);
    CHECK(archive.folders()[1].member == "Inbox");
    CHECK(read_all(archive.folders()[1]) == old + mbox_of("new"));
    CHECK(left_out(archive) == place + "replaced by a later member of the same name\n");
    CHECK(unread(archive).empty());
    REQUIRE(archive.notices().size() == 1);
    CHECK(archive.notices()[0].find("the last one counts, 1 earlier one is") != std::string::npos);
  }
  SECTION("and the earlier one is unread where it holds other mail") {
    directory.write("a.zip", zip({{"Inbox", old}, {"Inbox", mbox_of("new")}}));
    const Archive archive = must_open(directory.file("a.zip"));
    REQUIRE(archive.folders().size() == 1);
    CHECK(read_all(archive.folders()[0]) == mbox_of("new"));
    CHECK(unread(archive) ==
          place + "other mail than the later member of the same name, which replaces it\n");
  }
  SECTION("in an archive in an archive as well") {
    directory.write("a.zip", zip({{"in.zip", zip({{"Inbox", old}, {"Inbox", old}})},
                                  {"other.zip", zip({{"Inbox", old}})}}));
    const Archive archive = must_open(directory.file("a.zip"));
    CHECK(archive.folders().size() == 2);
    CHECK(left_out_count(archive) == 1);
  }
}

TEST_CASE("messages of one name in a zip archive are all read, and the same one once") {
  const TemporaryDirectory directory;
  directory.write("a.zip", zip({{"Re.eml", letter("one")},
                                {"Re.eml", letter("two")},
                                {"Re.eml", letter("three")},
                                {"Re.eml", letter("three")}}));
  const Archive archive = must_open(directory.file("a.zip"));
  REQUIRE(archive.folders().size() == 1);
  CHECK(read_all(archive.folders()[0]) == letter("one") + letter("two") + letter("three"));
  CHECK(left_out_count(archive) == 1);
  CHECK(unread(archive).empty());
}

TEST_CASE("a tar archive that ends without a mark of its end is not taken for whole") {
  const TemporaryDirectory directory;
  for (const std::string& text : {mbox_of("x"), mbox_of(std::string(100'000, 'x'))}) {
    directory.write("cut.tar", open_ended({{"Inbox", text}, {"Sent", text}}));
    directory.write("cut.tar.gz", gzip(open_ended({{"Inbox", text}, {"Sent", text}})));
    directory.write("one.tar", tar({{"Inbox", text}}) + std::string(9000, '\0'));
    for (const std::string name : {"cut.tar", "cut.tar.gz"}) {
      const Archive archive = must_open(directory.file(name));
      CHECK(archive.folders().size() == 2);
      CHECK(unread(archive) == directory.file(name) +
                                   ": behind Sent: the end of the tar archive is "
                                   "missing: members may be\n");
    }
    CHECK(unread(must_open(directory.file("one.tar"))).empty());
    directory.write("in.zip", zip({{"cut.tar", open_ended({{"Inbox", text}})}, {"Sent", text}}));
    CHECK(unread_count(must_open(directory.file("in.zip"))) == 1);
  }
}

TEST_CASE("a zip archive that another one was joined to is unread") {
  const TemporaryDirectory directory;
  const std::string first = zip({{"Inbox", mbox_of("one")}});
  directory.write("both.zip", first + zip({{"Sent", mbox_of("two")}}));
  const Archive archive = must_open(directory.file("both.zip"));
  REQUIRE(archive.folders().size() == 1);
  CHECK(archive.folders()[0].label() == "Sent");
  CHECK(read_all(archive.folders()[0]) == mbox_of("two"));
  CHECK(unread(archive) ==
        directory.file("both.zip") +
            ": another zip archive before this one, as when two were joined: split them\n");
  directory.write("one.zip", first);
  CHECK(unread(must_open(directory.file("one.zip"))).empty());
}

TEST_CASE("what goes on from another volume of a tar archive is unread") {
  std::string volume = tar({{"Big", "x\n\n" + std::string(kMail)}, {"After", std::string(kMail)}});
  // The kind of GNU tar's continued files, and the checksum with it.
  constexpr std::size_t kKind = 156;
  constexpr std::size_t kChecksum = 148;
  volume[kKind] = 'M';
  volume.replace(kChecksum, 8, 8, ' ');
  unsigned sum = 0;
  for (std::size_t i = 0; i < 512; ++i) sum += static_cast<unsigned char>(volume[i]);
  std::array<char, 8> octal{};
  std::snprintf(octal.data(), octal.size(), "%06o", sum);
  volume.replace(kChecksum, 7, octal.data(), 7);
  TemporaryDirectory directory;
  directory.write("v2.tar", volume);
  directory.write("v2.tar.gz", gzip(volume));
  for (const char* name : {"v2.tar", "v2.tar.gz"}) {
    const Archive archive = must_open(directory.file(name));
    REQUIRE(archive.folders().size() == 1);
    CHECK(read_all(archive.folders()[0]) == kMail);
    CHECK(unread(archive).find("Big: the rest of a file that begins in another volume") !=
          std::string::npos);
  }
}

}  // namespace
}  // namespace mboxferry::archive
