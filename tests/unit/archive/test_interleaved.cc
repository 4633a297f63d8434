// SPDX-License-Identifier: Apache-2.0
// Folders whose messages lie among each other in a container, and folders that are read again and
// again.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "archive/container.h"
#include "message_files.h"

namespace mboxferry::archive {
namespace {

constexpr int kFolders = 7;
constexpr int kMessages = 9;

std::string folder_text(int folder) {
  std::string text;
  for (int i = 0; i < kMessages; ++i) {
    text += letter(std::to_string(folder) + "." + std::to_string(i), 3000);
  }
  return text;
}

// One message of each folder after the other, the first with what is no part of it.
std::vector<PackedFile> interleaved() {
  std::vector<PackedFile> files;
  for (int i = 0; i < kMessages; ++i) {
    for (int folder = 0; folder < kFolders; ++folder) {
      files.push_back({"x/F" + std::to_string(folder) + "/" + std::to_string(i) + ".eml",
                       (i == 0 ? "\n\n" : "") +
                           letter(std::to_string(folder) + "." + std::to_string(i), 3000)});
    }
  }
  return files;
}

std::string packed_as(const std::string& kind, const std::vector<PackedFile>& files) {
  if (kind == "zip") return zip(files);
  if (kind == "tar in a zip") return zip({{"inner.tar", tar(files)}});
  return gzip(tar(files));
}

/// Sets TMPDIR as long as it lives.
class TemporaryPlace {
 public:
  explicit TemporaryPlace(const std::string& directory) {
    ::setenv("TMPDIR", directory.c_str(), 1);
  }
  TemporaryPlace(const TemporaryPlace&) = delete;
  TemporaryPlace& operator=(const TemporaryPlace&) = delete;
  ~TemporaryPlace() { ::unsetenv("TMPDIR"); }
};

TEST_CASE("folders that lie among each other in a container are read in one walk") {
  const std::string kind = GENERATE(as<std::string>(), "zip", "tar.gz", "tar in a zip");
  TemporaryDirectory directory;
  directory.write("a", packed_as(kind, interleaved()));
  const Archive archive = must_open(directory.file("a"));
  REQUIRE(archive.folders().size() == kFolders);
  for (int pass = 0; pass < 2; ++pass) {
    for (int i = 0; i < kFolders; ++i) {
      CHECK(read_all(archive.folders()[static_cast<std::size_t>(i)]) == folder_text(i));
    }
  }
  CHECK(archive.folders()[0].container->walks() <= 2);
}

TEST_CASE("without room for a temporary file such folders are read all the same") {
  TemporaryDirectory directory;
  directory.write("a", packed_as("tar.gz", interleaved()));
  const Archive archive = must_open(directory.file("a"));
  const TemporaryPlace nowhere(directory.file("nowhere"));
  CHECK(read_all(archive.folders()[3]) == folder_text(3));
  CHECK(read_all(archive.folders()[1]) == folder_text(1));
}

TEST_CASE("several threads read folders that lie among each other") {
  TemporaryDirectory directory;
  directory.write("a", packed_as("zip", interleaved()));
  const Archive archive = must_open(directory.file("a"));
  std::vector<std::string> texts(kFolders);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kFolders; ++i) {
    threads.emplace_back([&, i] { texts[i] = read_all(archive.folders()[i]); });
  }
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < kFolders; ++i) CHECK(texts[static_cast<std::size_t>(i)] == folder_text(i));
}

// Reads pieces from the back to the front.
std::string read_backwards(ByteSource& source, std::size_t size) {
  constexpr std::size_t kPiece = 5'000'000;
  std::string text;
  for (std::size_t end = size; end > 0;) {
    const std::size_t begin = end - std::min(end, kPiece);
    text.insert(0, read(source, begin, end - begin));
    end = begin;
  }
  return text;
}

TEST_CASE("readers of a shared folder unpack it once, and read what is in it in any order") {
  // More than a reader keeps by itself.
  const std::string text = std::string(kMail) + std::string(40'000'000, 'x') + long_text(100'000);
  TemporaryDirectory directory;
  const bool in_container = GENERATE(true, false);
  directory.write("a", gzip(in_container ? tar({{"a.mbox", text}}) : text));
  const Archive archive = must_open(directory.file("a"));
  const Folder& folder = archive.folders()[0];
  const bool has_room = GENERATE(true, false);
  SharedFolder shared(folder);
  const TemporaryPlace place(has_room ? directory.path() : directory.file("nowhere"));
  for (int reader = 0; reader < 3; ++reader) {
    const auto source = shared.open();
    REQUIRE(source);
    CHECK(read(**source, text.size() - 10, 20) == text.substr(text.size() - 10));
    if (has_room) CHECK((read_backwards(**source, text.size()) == text));
    CHECK(read(**source, 0, kMail.size()) == kMail);
  }
  if (has_room && folder.container) CHECK(folder.container->walks() <= 2);
}

TEST_CASE("a shared folder ends at its damage, and says so") {
  const std::string text = std::string(kMail) + long_text(3'000'000);
  TemporaryDirectory directory;
  const std::string packed = gzip(text);
  directory.write("cut.mbox.gz", packed.substr(0, packed.size() / 2));
  const Archive archive = must_open(directory.file("cut.mbox.gz"));
  SharedFolder shared(archive.folders()[0]);
  const auto source = shared.open();
  REQUIRE(source);
  const std::string got = read_all(**source, 100'000);
  CHECK(got.size() > kMail.size());
  CHECK(text.starts_with(got));
  CHECK((*source)->damage().has_value());
}

}  // namespace
}  // namespace mboxferry::archive
