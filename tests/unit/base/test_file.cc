// SPDX-License-Identifier: Apache-2.0
// Descriptors, whole-file writes and their errors.
#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "mboxferry/base/file.h"
#include "support/temporary_folder.h"

namespace mboxferry {
namespace {

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) != -1; }

TEST_CASE("a descriptor is closed once, by its last owner") {
  int raw = -1;
  {
    FileDescriptor first(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    raw = first.get();
    REQUIRE(first.valid());
    FileDescriptor second(std::move(first));
    CHECK_FALSE(first.valid());  // NOLINT: what a moved-from descriptor promises
    CHECK(second.get() == raw);
    FileDescriptor third(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const int replaced = third.get();
    third = std::move(second);
    CHECK_FALSE(is_open(replaced));
    CHECK(is_open(raw));
    FileDescriptor& itself = third;
    third = std::move(itself);
    CHECK(is_open(raw));
  }
  CHECK_FALSE(is_open(raw));
  FileDescriptor none;
  none.reset();
  CHECK_FALSE(none.valid());
}

TEST_CASE("a file is replaced whole, and nothing is left beside it") {
  test::TemporaryFolder directory;
  const std::string path = directory.file("report");
  REQUIRE(replace_file(path, "first, and longer"));
  REQUIRE(replace_file(path, "second"));
  CHECK(contents(path) == "second");
  CHECK_FALSE(std::filesystem::exists(path + ".new"));
  REQUIRE(replace_file(path, ""));
  CHECK(contents(path).empty());
}

TEST_CASE("a file is put in place, and a directory that is not there cannot be synced") {
  test::TemporaryFolder directory;
  const std::string path = directory.file("report");
  REQUIRE(replace_file(directory.file("draft"), "whole"));
  CHECK(put_in_place(directory.file("draft"), path));
  CHECK(contents(path) == "whole");
  CHECK_FALSE(put_in_place(directory.file("draft"), path));
  CHECK(errno == ENOENT);
  CHECK(sync_directory_of(path));
  CHECK(sync_directory_of("a-name-in-the-working-directory"));
  CHECK_FALSE(sync_directory_of(directory.file("none/report")));
}

TEST_CASE("a place that cannot be written is told with its reason") {
  test::TemporaryFolder directory;
  const auto missing = replace_file(directory.file("none/report"), "x");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ErrorCode::cannot_create);
  CHECK(missing.error().what ==
        "cannot create " + directory.file("none/report") + ": No such file or directory");
  std::filesystem::create_directory(directory.file("taken"));
  const auto taken = replace_file(directory.file("taken"), "x");
  REQUIRE_FALSE(taken);
  CHECK_FALSE(std::filesystem::exists(directory.file("taken.new")));
}

TEST_CASE("a failed write names the file") {
  const FileDescriptor full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  REQUIRE(full.valid());
  const auto written = write_all(full.get(), "x", "the journal");
  REQUIRE_FALSE(written);
  CHECK(written.error().code == ErrorCode::io);
  CHECK(written.error().what == "cannot write the journal: No space left on device");
  CHECK(write_all(full.get(), "", "the journal"));
}

TEST_CASE("errno values have texts") { CHECK(errno_text(ENOENT) == "No such file or directory"); }

}  // namespace
}  // namespace mboxferry
