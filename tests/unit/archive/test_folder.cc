// SPDX-License-Identifier: Apache-2.0
// A folder's bytes, identity and locks.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "mboxferry/archive/archive.h"
#include "support.h"

namespace mboxferry::archive {
namespace {

Folder folder_of(const TemporaryDirectory& directory, const std::string& name) {
  Folder folder;
  folder.path = {name};
  folder.file = directory.file(name);
  return folder;
}

void set_modified(const std::string& file, std::int64_t nanoseconds) {
  const timespec times[2] = {{nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000},
                             {nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000}};
  REQUIRE(::utimensat(AT_FDCWD, file.c_str(), times, 0) == 0);
}

TEST_CASE("a plain file is read by position") {
  TemporaryDirectory directory;
  directory.write("a", "0123456789");
  const auto source = open_folder(folder_of(directory, "a"));
  REQUIRE(source);
  CHECK((*source)->name() == directory.file("a"));
  CHECK(read(**source, 0, 4) == "0123");
  CHECK(read(**source, 6, 100) == "6789");
  CHECK(read(**source, 2, 3) == "234");
  CHECK(read(**source, 10, 5).empty());
  CHECK(read(**source, 1'000'000'000'000, 5).empty());
  CHECK((*source)->check_unchanged());
}

TEST_CASE("compressed files of every kind give their bytes, forwards and backwards") {
  const std::string text = long_text(5'000'000);
  const auto compression =
      GENERATE(Compression::gzip, Compression::bzip2, Compression::xz, Compression::zstd);
  TemporaryDirectory directory;
  directory.write("a", compress(text, compression));
  const auto source = open_folder(folder_of(directory, "a"));
  REQUIRE(source);
  CHECK((read_all(**source, 77'777) == text));
  CHECK(read(**source, 5, 20) == text.substr(5, 20));
  CHECK(read(**source, 4'000'000, 20) == text.substr(4'000'000, 20));
  CHECK(read(**source, 3'900'000, 20) == text.substr(3'900'000, 20));
  CHECK(read(**source, 4'999'990, 20) == text.substr(4'999'990));
  CHECK(read(**source, 5'000'000, 20).empty());
  CHECK(read(**source, 9'000'000, 20).empty());
  CHECK((read(**source, 0, 3'000'000) == text.substr(0, 3'000'000)));
  CHECK((*source)->check_unchanged());
}

TEST_CASE("a compressed file of several members is all of them") {
  const std::string one = long_text(300'000);
  const std::string two = "and the second";
  const auto compression =
      GENERATE(Compression::gzip, Compression::bzip2, Compression::xz, Compression::zstd);
  TemporaryDirectory directory;
  directory.write("a", compress(one, compression) + compress(two, compression));
  const auto source = open_folder(folder_of(directory, "a"));
  REQUIRE(source);
  CHECK((read_all(**source, 100'000) == one + two));
}

TEST_CASE("an empty compressed file has no bytes") {
  TemporaryDirectory directory;
  directory.write("a", gzip(""));
  const auto source = open_folder(folder_of(directory, "a"));
  REQUIRE(source);
  CHECK(read(**source, 0, 10).empty());
}

TEST_CASE("zeros behind a gzip file are the rest of a tape block") {
  TemporaryDirectory directory;
  directory.write("a", gzip(kMail) + std::string(10'000, '\0'));
  const auto source = open_folder(folder_of(directory, "a"));
  REQUIRE(source);
  CHECK(read_all(**source, 100) == kMail);
}

TEST_CASE("a damaged compressed file is read up to the damage, and never short in silence") {
  const std::string text = long_text(2'000'000);
  const auto compression =
      GENERATE(Compression::gzip, Compression::bzip2, Compression::xz, Compression::zstd);
  const std::string packed = compress(text, compression);
  TemporaryDirectory directory;
  SECTION("cut off in the middle") { directory.write("a", packed.substr(0, packed.size() / 2)); }
  SECTION("cut off within the last bytes") {
    directory.write("a", packed.substr(0, packed.size() - 3));
  }
  SECTION("overwritten in the middle") {
    std::string broken = packed;
    broken.replace(packed.size() / 2, 200, std::string(200, '\xff'));
    directory.write("a", broken);
  }
  SECTION("something else follows") { directory.write("a", packed + "something else follows"); }
  const auto source = open_folder(folder_of(directory, "a"));
  REQUIRE(source);
  std::string buffer(2'500'000, '\0');
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto got = (*source)->read_at(0, std::span<char>(buffer.data(), buffer.size()));
    INFO("compression " << static_cast<int>(compression));
    REQUIRE(got);
    // What deflate makes of overwritten bytes is wrong for a while before it is found out.
    const std::size_t sound = std::min(*got, text.size() / 3);
    CHECK((buffer.substr(0, sound) == text.substr(0, sound)));
    const auto damage = (*source)->damage();
    REQUIRE(damage);
    CHECK(damage->code == ErrorCode::not_mail);
    CHECK(damage->what.find(directory.file("a") + " is damaged") == 0);
  }
}

TEST_CASE("a file that changes while it is read is found out") {
  TemporaryDirectory directory;
  const std::string name = directory.file("a");
  const auto bytes = GENERATE(std::string(kMail), gzip(kMail));
  directory.write("a", bytes);
  const auto source = open_folder(folder_of(directory, "a"));
  REQUIRE(source);
  REQUIRE((*source)->check_unchanged());
  SECTION("longer") { std::filesystem::resize_file(name, bytes.size() + 1); }
  SECTION("shorter") { std::filesystem::resize_file(name, bytes.size() - 1); }
  SECTION("touched") { set_modified(name, 1'000'000'000'000'000'001); }
  SECTION("replaced") {
    struct stat status {};
    REQUIRE(::stat(name.c_str(), &status) == 0);
    directory.write("b", bytes);
    std::filesystem::rename(directory.file("b"), name);
    set_modified(name,
                 std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec);
  }
  SECTION("removed") { std::filesystem::remove(name); }
  const auto changed = (*source)->check_unchanged();
  REQUIRE_FALSE(changed);
  CHECK(changed.error().code == ErrorCode::archive_changed);
  CHECK(changed.error().what == name + " changed while it was being read");
}

TEST_CASE("identities tell an untouched, a touched, a grown and another file apart") {
  TemporaryDirectory directory;
  const Folder folder = folder_of(directory, "a");
  const auto size = GENERATE(std::size_t{0}, std::size_t{100}, std::size_t{65'536},
                             std::size_t{100'000}, std::size_t{300'000});
  const std::string text = long_text(size);
  directory.write("a", text);
  set_modified(folder.file, 1'000'000'000'000'000'001);
  const auto before = identify(folder);
  REQUIRE(before);
  CHECK(before->size == size);
  CHECK(before->modified_ns == 1'000'000'000'000'000'001);
  CHECK(compare(folder, *before) == Change::none);

  set_modified(folder.file, 1'000'000'000'000'000'002);
  CHECK(compare(folder, *before) == Change::touched);

  directory.write("a", text + "more");
  CHECK(compare(folder, *before) == Change::grown);
  directory.write("a", text + long_text(200'000));
  CHECK(compare(folder, *before) == Change::grown);

  if (size > 0) {
    for (const std::size_t place : {std::size_t{0}, size - 1}) {
      std::string other = text;
      other[place] = '#';
      // It may be no more than a flag.
      directory.write("a", other);
      set_modified(folder.file, 1'000'000'000'000'000'001);
      CHECK(compare(folder, *before) == Change::touched);
      directory.write("a", other + "more");
      CHECK(compare(folder, *before) == Change::grown);
    }
    directory.write("a", text.substr(0, size - 1));
    CHECK(compare(folder, *before) == Change::different);
  }
}

TEST_CASE("identities of a file that is gone are an error") {
  TemporaryDirectory directory;
  const auto identity = identify(folder_of(directory, "missing"));
  REQUIRE_FALSE(identity);
  CHECK(identity.error().code == ErrorCode::no_such_archive);
}

TEST_CASE("locks of other programs are told") {
  TemporaryDirectory directory;
  directory.write("a", kMail);
  const Folder folder = folder_of(directory, "a");
  CHECK(lock_warning(folder).empty());

  SECTION("a dot lock") {
    directory.write("a.lock", "");
    CHECK(lock_warning(folder).find(folder.file + ".lock exists") != std::string::npos);
  }
  SECTION("fcntl") {
    int ready[2];
    int leave[2];
    REQUIRE(::pipe(ready) == 0);
    REQUIRE(::pipe(leave) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::close(leave[1]);
      const int file = ::open(folder.file.c_str(), O_RDWR);
      struct flock lock {};
      lock.l_type = F_WRLCK;
      char byte = ::fcntl(file, F_SETLK, &lock) == 0 ? 'y' : 'n';
      if (::write(ready[1], &byte, 1) != 1) ::_exit(1);
      ::_exit(::read(leave[0], &byte, 1) == 0 ? 0 : 1);
    }
    ::close(leave[0]);
    char byte = 0;
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    REQUIRE(byte == 'y');
    CHECK(lock_warning(folder) == folder.file +
                                      " is locked for writing by another program (process " +
                                      std::to_string(child) + ")");
    ::close(leave[1]);
    ::waitpid(child, nullptr, 0);
    ::close(ready[0]);
    ::close(ready[1]);
    CHECK(lock_warning(folder).empty());
  }
}

TEST_CASE("the names of archive kinds") {
  CHECK(kind_name(ArchiveKind::mbox_file) == "mbox file");
  CHECK(kind_name(ArchiveKind::compressed_mbox) == "compressed mbox file");
  CHECK(kind_name(ArchiveKind::tree) == "directory tree");
}

}  // namespace
}  // namespace mboxferry::archive
