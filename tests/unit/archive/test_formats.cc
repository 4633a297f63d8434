// SPDX-License-Identifier: Apache-2.0
// Formats other than mbox: some are read, the others have a name.
#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "message_files.h"

namespace mboxferry::archive {
namespace {

using namespace std::string_literals;

const std::string kMailText(kMail);

std::string as_utf16(const std::string& text, bool little, bool mark) {
  std::string wide = mark ? (little ? "\xff\xfe"s : "\xfe\xff"s) : "";
  for (const char c : text) wide += little ? std::string{c, '\0'} : std::string{'\0', c};
  return wide;
}

std::string packed_by(const std::string& filter, const std::string& text) {
  std::string packed(1'000'000, '\0');
  std::size_t used = 0;
  const std::unique_ptr<::archive, decltype(&archive_write_free)> writer(archive_write_new(),
                                                                         archive_write_free);
  REQUIRE(archive_write_add_filter_by_name(writer.get(), filter.c_str()) == ARCHIVE_OK);
  archive_write_set_format_raw(writer.get());
  archive_write_set_bytes_in_last_block(writer.get(), 1);
  archive_write_open_memory(writer.get(), packed.data(), packed.size(), &used);
  const std::unique_ptr<archive_entry, decltype(&archive_entry_free)> entry(archive_entry_new(),
                                                                            archive_entry_free);
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  REQUIRE(archive_write_header(writer.get(), entry.get()) == ARCHIVE_OK);
  archive_write_data(writer.get(), text.data(), text.size());
  archive_write_close(writer.get());
  return packed.substr(0, used);
}

std::string text_of(const std::string& bytes, const std::string& name = "a.mbox") {
  TemporaryDirectory directory;
  directory.write(name, bytes);
  const Archive archive = must_open(directory.file(name));
  REQUIRE(archive.folders().size() == 1);
  return read_all(archive.folders()[0]);
}

TEST_CASE("lz4, lzip, lzma and compress files are unpacked") {
  const std::string filter = GENERATE(as<std::string>(), "lz4", "lzip", "lzma", "compress");
  const std::string text = kMailText + long_text(200'000);
  CHECK((text_of(packed_by(filter, text)) == text));
}

TEST_CASE("a Zstandard file may begin with frames that hold nothing") {
  const std::string frame = "\x50\x2a\x4d\x18\x04\0\0\0size"s;
  const std::string zstd = compress(kMailText, Compression::zstd);
  CHECK(text_of(frame + frame + zstd) == kMailText);
  CHECK(text_of(frame + zstd + frame + zstd) == kMailText + kMailText);
}

TEST_CASE("mail in UTF-16 is read as UTF-8") {
  const bool little = GENERATE(true, false);
  const bool mark = GENERATE(true, false);
  CHECK(text_of(as_utf16(kMailText, little, mark)) == kMailText);
  CHECK(text_of(as_utf16(letter("a"), little, mark), "a.eml") == letter("a"));
}

TEST_CASE("what is beyond ASCII in UTF-16 keeps its character, and half of one is told") {
  const std::string before = as_utf16(kMailText, true, true);
  CHECK(text_of(before + "\xe4\0\x3d\xd8\x00\xde\x3d\xd8x\0"s) ==
        kMailText + "\xc3\xa4\xf0\x9f\x98\x80\xef\xbf\xbdx");
  CHECK(text_of(before + "x") == kMailText + "\xef\xbf\xbd");
}

TEST_CASE("other mail that was joined to mail in UTF-16 is read as it is") {
  const bool little = GENERATE(true, false);
  const std::string wide = as_utf16(kMailText, little, true);
  CHECK(text_of(wide + kMailText) == kMailText + kMailText);
  CHECK(text_of(wide + kMailText + "\xff\xfe") == kMailText + kMailText + "\xff\xfe");
  // A line of Chinese that begins with the same bytes, and one that is cut there.
  CHECK(text_of(wide + "Fr\nN").size() == kMailText.size() + 6);
  CHECK(text_of(wide + "From").size() == kMailText.size() + 6);
  const std::string lines = long_text(100'000) + "\n";
  CHECK((text_of(as_utf16(kMailText + lines, little, false) + kMailText) ==
         kMailText + lines + kMailText));
}

TEST_CASE("a delivery in UTF-16 is read alike from a tree and from a container") {
  const std::vector<PackedFile> files{
      {"cur/1420106401.M1P1.host:2,S", as_utf16(letter("wide"), true, true)}};
  TemporaryDirectory directory;
  directory.write("tree/" + files[0].name, files[0].bytes);
  directory.write("a.tar", tar(files));
  for (const char* name : {"tree", "a.tar"})
    CHECK(read_all(must_open(directory.file(name)).folders()[0]) == letter("wide"));
}

TEST_CASE("UTF-16 in a tree is read when it is mail, and no mail otherwise") {
  TemporaryDirectory directory;
  directory.write("Box", as_utf16(kMailText, true, true));
  directory.write("notes", as_utf16("just notes", true, true));
  const Archive archive = must_open(directory.path());
  REQUIRE(archive.folders().size() == 1);
  CHECK(read_all(archive.folders()[0]) == kMailText);
  CHECK(unread_count(archive) == 0);
}

TEST_CASE("an MMDF mailbox is read as mbox, with what would separate quoted") {
  const std::string line = "\x01\x01\x01\x01\n";
  const std::string one = "From a@x Mon Jan  1 00:00:00 2001\nSubject: 1\n\nFrom here\n>From a\n";
  const std::string two = "Subject: 2\n\nbody\n";
  const std::string mbox =
      "From a@x Mon Jan  1 00:00:00 2001\nSubject: 1\n\n>From here\n>>From a\n\nFrom -\n" + two;
  CHECK(text_of(line + one + line + line + two + line, "a.mmdf") == mbox);
  CHECK(text_of(line + one + line + two + line) == mbox);
  TemporaryDirectory directory;
  directory.write("Box.mmdf", line + two + line);
  directory.write("Empty", line);
  const Archive archive = must_open(directory.path());
  REQUIRE(archive.folders().size() == 2);
  CHECK(archive.folders()[0].path == std::vector<std::string>{"Box"});
  CHECK(read_all(archive.folders()[1]).empty());
}

TEST_CASE("formats that are not read have a name and a program that converts them") {
  struct Format {
    std::string bytes;
    const char* name;
    const char* remedy;
  };
  const auto format = GENERATE(values<Format>({
      {"!BDN"s, "an Outlook data file", "readpst"},
      {"*mbx*\r\n1234"s, "MBX", "mailutil"},
      {"BABYL OPTIONS: -*- rmail -*-\n"s, "Babyl", "unrmail"},
      {"\xcf\xad\x12\xfe\xc5\xfd\x74\x6f"s, "Outlook Express", "undbx"},
      {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"s, "Outlook message", "msgconvert"},
      {"PK\x07\x08PK\x03\x04"s, "split zip", "zip -s 0"},
  }));
  TemporaryDirectory directory;
  directory.write("a", format.bytes + std::string(600, 'x'));
  directory.write("Good.mbox", kMail);
  const auto alone = Archive::open(directory.file("a"));
  REQUIRE_FALSE(alone);
  CHECK(alone.error().what.find(format.name) != std::string::npos);
  CHECK(alone.error().hint.find(format.remedy) != std::string::npos);
  const std::string told = unread(must_open(directory.path()));
  CHECK(told.find(format.name) != std::string::npos);
  CHECK(told.find(format.remedy) != std::string::npos);
}

TEST_CASE("a compressed file without a byte and a pipe that is named as mail are unread") {
  TemporaryDirectory directory;
  directory.write("tree/Good.mbox", kMail);
  directory.write("tree/Cut.mbox.gz", "");
  directory.write("a.zip", zip({{"Good.mbox", kMailText}, {"Cut.mbox.gz", ""}}));
  REQUIRE(::mkfifo(directory.file("tree/Pipe.mbox").c_str(), 0600) == 0);
  REQUIRE(::mkfifo(directory.file("tree/pipe").c_str(), 0600) == 0);
  CHECK(unread(must_open(directory.file("tree"))) ==
        directory.file("tree/Cut.mbox.gz") + ": is empty, which a compressed file never is\n" +
            directory.file("tree/Pipe.mbox") + ": no file\n");
  CHECK(unread_count(must_open(directory.file("a.zip"))) == 1);
  CHECK_FALSE(Archive::open(directory.file("tree/Cut.mbox.gz")));
}

TEST_CASE("a zip member that is packed by an unknown method is not called damaged") {
  TemporaryDirectory directory;
  std::string packed = zip({{"a.mbox", kMailText + long_text(5000)}});
  constexpr char kUnknown = 77;
  packed[packed.find("PK\x03\x04") + 8] = kUnknown;
  packed[packed.rfind("PK\x01\x02") + 10] = kUnknown;
  directory.write("a.zip", packed);
  const auto archive = Archive::open(directory.file("a.zip"));
  std::string told;
  if (!archive) {
    told = archive.error().what;
  } else {
    const auto source = open_folder(archive->folders()[0]);
    REQUIRE(source);
    read_all(**source, 1000);
    REQUIRE((*source)->damage());
    told = (*source)->damage()->what;
  }
  CHECK(told.find("packed by a method") != std::string::npos);
  CHECK(told.find("damaged") == std::string::npos);
}

}  // namespace
}  // namespace mboxferry::archive
