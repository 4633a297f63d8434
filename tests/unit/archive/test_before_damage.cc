// SPDX-License-Identifier: Apache-2.0
// What stands before a cut or before junk is read to its last byte.
#include <catch2/catch.hpp>
#include <string>

#include "message_files.h"
#include "support.h"

namespace mboxferry::archive {
namespace {

std::string mbox_of(std::size_t size) {
  return "From a@example.org Mon Jan  1 00:00:00 2001\nSubject: x\n\n" + long_text(size) + "\n";
}

/// What is there before the damage.
std::string bytes_before_damage(const Folder& folder) {
  const auto source = open_folder(folder);
  REQUIRE(source);
  std::string bytes(std::size_t{2} << 20U, '\0');
  const auto got = (*source)->read_at(0, bytes);
  REQUIRE(got);
  bytes.resize(*got);
  return bytes;
}

std::string read_written(const std::string& name, std::string_view bytes) {
  TemporaryDirectory directory;
  directory.write(name, bytes);
  const Archive archive = must_open(directory.file(name));
  REQUIRE(archive.folders().size() == 1);
  return bytes_before_damage(archive.folders()[0]);
}

TEST_CASE("a packed mbox with junk behind it is read to its last byte") {
  const auto compression =
      GENERATE(Compression::gzip, Compression::bzip2, Compression::xz, Compression::zstd);
  for (const std::size_t size : {10U, 3'000U, 5'000U, 70'000U, 140'000U, 600'000U}) {
    const std::string mail = mbox_of(size);
    const std::string packed = compress(mail, compression);
    INFO(size);
    CHECK(read_written("x.mbox", packed) == mail);
    CHECK(read_written("x.mbox", packed + packed) == mail + mail);
    CHECK(read_written("x.mbox", packed + "junk behind it") == mail);
    CHECK(read_written("x.mbox", packed + packed + "j") == mail + mail);
  }
}

TEST_CASE("a packed mbox that is cut is read up to the cut") {
  const auto compression = GENERATE(Compression::gzip, Compression::xz);
  for (const std::size_t size : {3'000U, 5'000U, 70'000U, 600'000U}) {
    const std::string mail = mbox_of(size);
    const std::string packed = compress(mail, compression);
    INFO(size);
    CHECK(read_written("x.mbox", packed.substr(0, packed.size() - 5)) == mail);
    const std::string half = read_written("x.mbox", packed.substr(0, packed.size() / 2));
    CHECK(mail.starts_with(half));
    CHECK(half.size() > mail.size() / 4);
  }
}

// Blocks of `size` bytes that are not packed.
std::string zstd_of_blocks(const std::string& bytes, std::size_t size) {
  std::string frame("\x28\xb5\x2f\xfd\0\x38", 6);
  for (std::size_t at = 0; at < bytes.size(); at += size) {
    const std::string block = bytes.substr(at, size);
    const std::size_t header = block.size() << 3U | (at + size >= bytes.size() ? 1U : 0U);
    for (unsigned shift = 0; shift < 24; shift += 8) frame += static_cast<char>(header >> shift);
    frame += block;
  }
  return frame;
}

TEST_CASE("a Zstandard file that is cut or damaged is read up to the last whole block") {
  const std::string mail = mbox_of(200'000);
  const std::string packed = zstd_of_blocks(mail, 500);
  CHECK(read_written("x.mbox", packed) == mail);
  for (const std::size_t size : {2'000U, 90'000U, 150'000U, 200'000U}) {
    const std::size_t blocks = (size - 6) / 503;
    INFO(size);
    const std::string cut = read_written("x.mbox", packed.substr(0, size));
    CHECK(mail.starts_with(cut));
    CHECK(cut.size() >= blocks * 500);
    std::string broken = packed;
    broken[6 + blocks * 503] = 6;  // a kind of block that there is not
    CHECK(read_written("x.mbox", broken) == mail.substr(0, blocks * 500));
  }
  const std::string small = compress(mbox_of(3'000), Compression::zstd);
  CHECK(read_written("x.mbox", zstd_of_blocks(mail, 500) + small.substr(0, small.size() / 2))
            .starts_with(mail));
  CHECK(read_written("x.mbox", packed + packed.substr(0, 6 + 503 * 10)) ==
        mail + mail.substr(0, 5'000));
}

TEST_CASE("a cut Zstandard file says how much was read") {
  const std::string mail = mbox_of(200'000);
  TemporaryDirectory directory;
  directory.write("x.mbox", zstd_of_blocks(mail, 500).substr(0, 6 + 503 * 100 + 30));
  const Archive archive = must_open(directory.file("x.mbox"));
  const auto source = open_folder(archive.folders()[0]);
  REQUIRE(source);
  read_all(**source, 4096);
  REQUIRE((*source)->damage());
  CHECK((*source)->damage()->what.find("behind byte 500") != std::string::npos);
}

TEST_CASE("a bzip2 file that is cut behind a block is read up to there") {
  const std::string mail = mbox_of(5'000);
  const std::string packed = compress(mail, Compression::bzip2);
  CHECK(read_written("x.mbox", packed + packed.substr(0, packed.size() / 2)) == mail);
}

TEST_CASE("a tar archive that is cut in a member gives its bytes before the cut") {
  const std::string second = mbox_of(40'000);
  const std::string whole = tar({{"a.mbox", std::string(kMail)}, {"b.mbox", second}});
  for (const std::size_t size : {100U, 600U, 4'000U, 5'000U, 39'000U}) {
    TemporaryDirectory directory;
    directory.write("x.tar", std::string_view(whole).substr(0, whole.find(second) + size));
    const Archive archive = must_open(directory.file("x.tar"));
    INFO(size);
    REQUIRE(archive.folders().size() >= 2);
    CHECK(read_all(archive.folders()[0]) == kMail);
    CHECK(bytes_before_damage(archive.folders()[1]) == second.substr(0, size));
  }
}

}  // namespace
}  // namespace mboxferry::archive
