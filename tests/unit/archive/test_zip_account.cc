// SPDX-License-Identifier: Apache-2.0
// Zip archives that hold more than their directory leads to.
#include <catch2/catch.hpp>
#include <string>

#include "message_files.h"
#include "support.h"

namespace mboxferry::archive {
namespace {

std::string box(const std::string& word) {
  return "From a@example.org Thu Jan  1 00:00:01 2015\nSubject: " + word + "\n\n" + word + "\n";
}

// `number` in two bytes at `offset` behind the last `signature`.
std::string changed(std::string bytes, const std::string& signature, std::size_t offset,
                    std::size_t number) {
  const std::size_t at = bytes.rfind(signature);
  REQUIRE(at != std::string::npos);
  bytes[at + offset] = static_cast<char>(number & 0xffU);
  bytes[at + offset + 1] = static_cast<char>(number >> 8U);
  return bytes;
}

// A zip archive whose directory does not list the first of its two members any more.
std::string with_deleted_member() {
  std::string bytes = zip({{"Inbox", box("one")}, {"Sent", box("two")}});
  const std::size_t first = bytes.find("PK\x01\x02");
  const std::size_t second = bytes.find("PK\x01\x02", first + 4);
  REQUIRE(second != std::string::npos);
  const std::size_t size = bytes.rfind("PK\x05\x06") - second;
  bytes.erase(first, second - first);
  for (const std::size_t count : {std::size_t{8}, std::size_t{10}})
    bytes = changed(bytes, "PK\x05\x06", count, 1);
  return changed(changed(bytes, "PK\x05\x06", 12, size), "PK\x05\x06", 16, first);
}

std::string unread_of(const TemporaryDirectory& directory, const std::string& name,
                      const std::string& bytes) {
  directory.write(name, bytes);
  const std::string all = unread(must_open(directory.file(name)));
  const std::string before = directory.file(name) + ": ";
  return all.starts_with(before) ? all.substr(before.size()) : all;
}

TEST_CASE("what follows the end of a zip archive is unread, but for zeros") {
  const TemporaryDirectory directory;
  const std::string first = zip({{"Inbox", box("one")}});
  const std::string second = zip({{"Sent", box("two") + long_text(60'000)}});
  CHECK(unread_of(directory, "plain.zip", first).empty());
  CHECK(unread_of(directory, "zeros.zip", first + std::string(700, '\0')).empty());
  CHECK(unread_of(directory, "part.zip", first + second.substr(0, 3000)) ==
        "another zip archive behind the end of this one, or a part of it: split them\n");
  CHECK(unread_of(directory, "mbox.zip", first + box("two")) ==
        "data behind the end of the zip archive\n");
  CHECK(read_all(must_open(directory.file("mbox.zip")).folders()[0]) == box("one"));
}

TEST_CASE("a zip archive with much behind its end is read from its beginning") {
  const TemporaryDirectory directory;
  const std::string first = zip({{"Inbox", box("one")}, {"Sent", box("two")}});
  directory.write("a.zip", first + long_text(100'000));
  const Archive archive = must_open(directory.file("a.zip"));
  REQUIRE(archive.folders().size() == 2);
  CHECK(read_all(archive.folders()[0]) == box("one"));
  CHECK(read_all(archive.folders()[1]) == box("two"));
  CHECK(unread(archive) ==
        directory.file("a.zip") + ": behind Sent: data behind the end of the zip archive\n");
}

TEST_CASE("of a zip archive that is cut what is whole is read, and the rest is unread") {
  const TemporaryDirectory directory;
  const std::string bytes = zip({{"Inbox", box("one")}, {"Sent", box("two") + long_text(60'000)}});
  directory.write("cut.zip", bytes.substr(0, bytes.rfind("PK\x05\x06")));
  const Archive archive = must_open(directory.file("cut.zip"));
  REQUIRE(archive.folders().size() == 2);
  CHECK(read_all(archive.folders()[0]) == box("one"));
  CHECK(read_all(archive.folders()[1]) == box("two") + long_text(60'000));
  CHECK(unread(archive) == directory.file("cut.zip") +
                               ": behind Sent: the end of the zip archive is missing: "
                               "members may be\n");
}

TEST_CASE("a zip directory that lists fewer members than its end counts is unread in part") {
  const TemporaryDirectory directory;
  std::string bytes = zip({{"Inbox", box("one")}, {"Sent", box("two")}});
  for (const std::size_t count : {std::size_t{8}, std::size_t{10}})
    bytes = changed(bytes, "PK\x05\x06", count, 5);
  CHECK(unread_of(directory, "a.zip", bytes) ==
        "its directory lists 2 members of the 5 that its end counts\n");
  CHECK(must_open(directory.file("a.zip")).folders().size() == 2);
}

TEST_CASE("a member that the directory of a zip archive does not list is unread") {
  const TemporaryDirectory directory;
  CHECK(unread_of(directory, "a.zip", with_deleted_member()) ==
        "data that its directory does not list, such as members that were deleted: the first at "
        "byte 0\n");
  CHECK(must_open(directory.file("a.zip")).folders()[0].label() == "Sent");
}

TEST_CASE("zip archives of all writers are accounted for") {
  const TemporaryDirectory directory;
  const std::vector<PackedFile> files{{"Inbox", box("one") + long_text(70'000)},
                                      {"Sent", box("two")}};
  for (const std::string options : {"", "compression=store", "zip64", "fakecrc32"}) {
    INFO(options);
    CHECK(unread_of(directory, "a.zip", pack(ContainerKind::zip, files, options)) == "");
    CHECK(unread_of(directory, "b.tar",
                    tar({{"a.zip", pack(ContainerKind::zip, files, options)}})) == "");
  }
}

TEST_CASE("zip archives that were joined inside a container are unread from the second one on") {
  const TemporaryDirectory directory;
  const std::string first = zip({{"Inbox", box("one")}});
  const std::string joined = first + zip({{"Sent", box("two")}});
  for (const ContainerKind kind : {ContainerKind::zip, ContainerKind::tar}) {
    directory.write("outer", pack(kind, {{"a.zip", joined}, {"Drafts", box("three")}}));
    const Archive archive = must_open(directory.file("outer"));
    REQUIRE(archive.folders().size() == 2);
    CHECK(unread(archive) ==
          directory.file("outer") +
              ": behind a.zip: Inbox: another zip archive behind the end of this one, or a part "
              "of it: split them\n");
  }
  directory.write("outer", tar({{"a.zip", first}, {"Drafts", box("three")}}));
  CHECK(unread(must_open(directory.file("outer"))).empty());
}

}  // namespace
}  // namespace mboxferry::archive
