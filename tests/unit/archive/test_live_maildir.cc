// SPDX-License-Identifier: Apache-2.0
// A Maildir that a mail program works in while it is read.
#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "message_files.h"

namespace mboxferry::archive {
namespace {

constexpr int kFiles = 400;

std::string body_of(int number) {
  return "Subject: " + std::to_string(number) + "\r\n\r\nbody\r\n";
}

std::string base_of(int number) { return std::to_string(1'500'000'000 + number) + ".M1P1.host"; }

/// Renames every file again and again, as fast as the file system does.
class Renamer {
 public:
  /// `names` are those that the file of a number has in turn, below the Maildir.
  Renamer(std::string maildir, std::vector<std::vector<std::string>> names)
      : maildir_(std::move(maildir)), names_(std::move(names)), thread_([this] { run(); }) {
    while (rounds_ == 0) std::this_thread::yield();
  }
  ~Renamer() {
    stop_ = true;
    thread_.join();
  }

 private:
  void run() {
    std::size_t renamed = 0;
    for (std::size_t round = 0; !stop_; ++round, ++rounds_) {
      for (const std::vector<std::string>& turn : names_) {
        const std::string from = maildir_ + '/' + turn[round % turn.size()];
        const std::string to = maildir_ + '/' + turn[(round + 1) % turn.size()];
        if (std::rename(from.c_str(), to.c_str()) != 0) ++failed_;
        // Faster than any mail program, but no faster than a busy machine can look.
        if (++renamed % 10 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    }
  }

  const std::string maildir_;
  const std::vector<std::vector<std::string>> names_;
  std::atomic<bool> stop_ = false;
  std::atomic<std::size_t> rounds_ = 0;
  std::atomic<int> failed_ = 0;
  std::thread thread_;
};

std::vector<std::vector<std::string>> write_files(const TemporaryDirectory& directory) {
  std::filesystem::create_directories(directory.file("cur"));
  std::filesystem::create_directories(directory.file("new"));
  std::vector<std::vector<std::string>> names;
  for (int i = 0; i < kFiles; ++i) {
    const std::string base = base_of(i);
    names.push_back(
        {"new/" + base, "cur/" + base + ":2,", "cur/" + base + ":2,S", "cur/" + base + ":2,FS"});
    directory.write(names.back().front(), body_of(i));
  }
  return names;
}

TEST_CASE("a Maildir whose files are renamed while it is listed and read has each message once") {
  TemporaryDirectory directory;
  const auto names = write_files(directory);
  std::string whole;
  for (int i = 0; i < kFiles; ++i) whole += body_of(i);
  const Renamer renamer(directory.path(), names);
  for (int i = 0; i < 15; ++i) {
    const Archive archive = must_open(directory.path());
    REQUIRE(archive.folders().size() == 1);
    CHECK(unread(archive).empty());
    CHECK(archive.folders()[0].bytes_on_disk == whole.size());
    CHECK(read_all(archive.folders()[0]) == whole);
  }
}

TEST_CASE("two files of a Maildir that differ in their flags alone are two messages") {
  TemporaryDirectory directory;
  const auto names = write_files(directory);
  directory.write("new/1400000000.M1P1.host", "Subject: new\r\n\r\n");
  directory.write("cur/1400000000.M1P1.host:2,S", "Subject: seen\r\n\r\n");
  const Renamer renamer(directory.path(), names);
  for (int i = 0; i < 5; ++i) {
    const Archive archive = must_open(directory.path());
    REQUIRE(archive.folders().size() == 1);
    const std::string listed = messages(archive.folders()[0]);
    CHECK(std::count(listed.begin(), listed.end(), '\n') == kFiles + 2);
  }
}

TEST_CASE("what a Maildir leaves out is told once though other files are renamed") {
  TemporaryDirectory directory;
  const auto names = write_files(directory);
  directory.write("cur/1400000000.M1P1.host:2,S", "");
  directory.write("cur/.hidden", "x");
  const Renamer renamer(directory.path(), names);
  for (int i = 0; i < 5; ++i) {
    const Archive archive = must_open(directory.path());
    CHECK(left_out_count(archive) == 2);
    CHECK(unread(archive).empty());
  }
}

TEST_CASE("files that are removed from a Maildir while it is listed are told one by one") {
  TemporaryDirectory directory;
  const auto names = write_files(directory);
  for (int i = 0; i < 3; ++i) {
    // Removed by another thread; whatever the listing saw of it, nothing is listed twice.
    std::thread remover([&, i] {
      for (int file = i * 100; file < (i + 1) * 100; ++file)
        std::filesystem::remove(directory.file(names[static_cast<std::size_t>(file)].front()));
    });
    const Archive archive = must_open(directory.path());
    remover.join();
    const std::string listed = messages(archive.folders().at(0)) + unread(archive);
    for (int file = 0; file < kFiles; ++file) {
      std::size_t times = 0;
      for (std::size_t at = listed.find(base_of(file)); at != std::string::npos;
           at = listed.find(base_of(file), at + 1)) {
        ++times;
      }
      CHECK(times <= 1);
      CHECK(times == (file >= (i + 1) * 100 ? 1U : times));
    }
  }
}

}  // namespace
}  // namespace mboxferry::archive
