// SPDX-License-Identifier: Apache-2.0
// Several paths, split downloads and standard input.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "mboxferry/base/file.h"
#include "support.h"

namespace mboxferry::archive {
namespace {

std::vector<Archive> must_open_all(const std::vector<std::string>& paths) {
  auto archives = Archive::open_all(paths);
  if (!archives) FAIL(describe(archives.error()));
  return std::move(*archives);
}

void write_parts(const TemporaryDirectory& directory, const std::string& suffix,
                 const std::vector<int>& numbers) {
  for (const int number : numbers) {
    const std::vector<PackedFile> files{
        {"Takeout/Mail/Inbox.mbox", std::string(kMail) + std::to_string(number)},
        {"Takeout/Mail/Part" + std::to_string(number) + ".mbox", std::string(kMail)}};
    directory.write("takeout-x-00" + std::to_string(number) + suffix,
                    suffix.ends_with(".zip") ? zip(files) : gzip(tar(files)));
  }
}

TEST_CASE("the parts of a split download are one archive") {
  TemporaryDirectory directory;
  const std::string suffix = GENERATE(".zip", ".tgz", ".tar.gz");
  write_parts(directory, suffix, {1, 2, 3});
  const std::string base = directory.file("takeout-x-00");
  const auto named = must_open_all({base + "2" + suffix, base + "1" + suffix, base + "3" + suffix});
  REQUIRE(named.size() == 1);
  CHECK(named[0].path() == base + "1" + suffix);
  CHECK(named[0].kind() == ArchiveKind::container);
  CHECK(named[0].notices().empty());
  CHECK(listing(named[0]) ==
        "Inbox = Takeout/Mail/Inbox.mbox\nPart1 = Takeout/Mail/Part1.mbox\n"
        "Inbox = Takeout/Mail/Inbox.mbox\nPart2 = Takeout/Mail/Part2.mbox\n"
        "Inbox = Takeout/Mail/Inbox.mbox\nPart3 = Takeout/Mail/Part3.mbox\n");
  CHECK(named[0].folders()[2].file == base + "2" + suffix);
  CHECK(read_all(named[0].folders()[2]) == std::string(kMail) + "2");

  const auto first = must_open_all({base + "1" + suffix});
  REQUIRE(first.size() == 1);
  CHECK(first[0].folders().size() == 6);
  REQUIRE(first[0].notices().size() == 1);
  CHECK(first[0].notices()[0] == base + "1" + suffix +
                                     " is read together with the other parts of the download, up "
                                     "to " +
                                     base + "3" + suffix);

  const auto second = must_open_all({base + "2" + suffix});
  CHECK(second[0].folders().size() == 2);
  REQUIRE(second[0].notices().size() == 1);
  CHECK(second[0].notices()[0] == base + "2" + suffix +
                                      " is one part of a download and is read alone; name " + base +
                                      "1" + suffix + " to read them all");
}

std::string unread_names(const Archive& archive) {
  std::string names;
  REQUIRE(archive.not_read().each(NotReadKind::unread, [&](const NotRead& one) -> Result<void> {
    names += one.name + ": " + one.reason + "\n";
    return ok();
  }));
  return names;
}

TEST_CASE("the parts of a download that was made twice are one archive") {
  const std::string mark = GENERATE(" (1)", "(1)", " (12)", " - Copy", " - Kopie (2)", " copy",
                                    " copy 2", " 2", "-2", " (1) (1)", " - Copy - Copy (2)");
  const TemporaryDirectory directory;
  write_parts(directory, mark + ".zip", {1, 2});
  const std::string base = directory.file("takeout-x-00");
  const auto whole = must_open_all({base + "1" + mark + ".zip"});
  REQUIRE(whole.size() == 1);
  CHECK(whole[0].folders().size() == 4);
  CHECK(unread_names(whole[0]).empty());
  CHECK(files_of(base + "1" + mark + ".zip").size() == 2);

  write_parts(directory, ".zip", {1});
  const auto other = must_open_all({base + "1.zip"});
  CHECK(unread_names(other[0]) == "takeout-x-002" + mark + ".zip: " +
                                      "a part of another copy of the download; name it too\n");
  // Which is what the text says.
  const auto both = must_open_all({base + "1.zip", base + "2" + mark + ".zip"});
  REQUIRE(both.size() == 2);
  CHECK(both[0].folders().size() + both[1].folders().size() == 4);
  CHECK(unread_names(both[0]) + unread_names(both[1]) == "");

  write_parts(directory, mark + ".zip", {4});
  CHECK(unread_names(must_open_all({base + "1" + mark + ".zip"})[0]) ==
        "takeout-x-003" + mark + ".zip: a part of the download that is missing\n");
}

TEST_CASE("a number that is no part's is none with a copy's name either") {
  for (const char* name : {"takeout-x-20241 (1).zip", "mail-01 (1).zip", "mail-001 (x).zip",
                           "mail-001 trip.zip", "x-001-2.zip", "mail-001 ().zip", "-001 (1).zip"}) {
    const TemporaryDirectory directory;
    directory.write(name, zip({{"a", std::string(kMail)}}));
    CHECK(must_open_all({directory.file(name)})[0].notices().empty());
  }
}

TEST_CASE("a part that is missing is told") {
  TemporaryDirectory directory;
  write_parts(directory, ".zip", {1, 2, 5});
  const std::string base = directory.file("takeout-x-00");
  const auto archives = must_open_all({base + "1.zip", base + "2.zip", base + "5.zip"});
  REQUIRE(archives[0].notices().size() == 1);
  CHECK(archives[0].notices()[0] == base + "3.zip to " + base +
                                        "4.zip are missing: what lies in a part that is missing is "
                                        "not read");
  std::vector<std::string> unread;
  REQUIRE(archives[0].not_read().each(NotReadKind::unread, [&](const NotRead& one) -> Result<void> {
    unread.push_back(one.name);
    return ok();
  }));
  CHECK(unread == std::vector<std::string>{"takeout-x-003.zip", "takeout-x-004.zip"});
}

TEST_CASE("a file that only has the name of a part is read by itself") {
  TemporaryDirectory directory;
  directory.write("mail-001.zip", kMail);
  directory.write("mail-002.zip", zip({{"a", std::string(kMail)}}));
  const auto archives = must_open_all({directory.file("mail-001.zip")});
  REQUIRE(archives.size() == 1);
  CHECK(archives[0].kind() == ArchiveKind::mbox_file);
  CHECK(archives[0].notices().empty());
}

TEST_CASE("several paths keep their order") {
  TemporaryDirectory directory;
  directory.write("b", kMail);
  directory.write("a/x", kMail);
  const auto archives = must_open_all({directory.file("b"), directory.file("a")});
  REQUIRE(archives.size() == 2);
  CHECK(archives[0].kind() == ArchiveKind::mbox_file);
  CHECK(archives[1].kind() == ArchiveKind::tree);
  CHECK_FALSE(Archive::open_all({directory.file("b"), directory.file("missing")}));
}

/// Puts another file in the place of standard input for a while.
class StandardInput {
 public:
  explicit StandardInput(int descriptor) : saved_(::dup(STDIN_FILENO)) {
    ::dup2(descriptor, STDIN_FILENO);
    ::close(descriptor);
  }
  StandardInput(const StandardInput&) = delete;
  StandardInput& operator=(const StandardInput&) = delete;
  ~StandardInput() { ::dup2(saved_.get(), STDIN_FILENO); }

 private:
  FileDescriptor saved_;
};

/// The reading end of a pipe that a child process fills.
int pipe_of(const std::string& bytes) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::close(ends[0]);
    ::_exit(write_all(ends[1], bytes, "pipe") ? 0 : 1);
  }
  ::close(ends[1]);
  return ends[0];
}

TEST_CASE("standard input is read by its content, and again") {
  TemporaryDirectory directory;
  const std::string text = std::string(kMail) + long_text(300'000);
  const bool compressed = GENERATE(false, true);
  const bool piped = GENERATE(false, true);
  const std::string bytes = compressed ? gzip(text) : text;
  directory.write("in", bytes);
  const StandardInput input(piped ? pipe_of(bytes)
                                  : ::open(directory.file("in").c_str(), O_RDONLY));
  for (int round = 0; round < 2; ++round) {
    const auto archives = must_open_all({"-"});
    REQUIRE(archives.size() == 1);
    CHECK(archives[0].kind() == ArchiveKind::standard_input);
    CHECK(archives[0].path() == "standard input");
    CHECK_FALSE(archives[0].is_tree());
    const Folder& folder = archives[0].folders()[0];
    CHECK(folder.path == std::vector<std::string>{"Standard input"});
    CHECK(folder.file == "standard input");
    CHECK((read_all(folder) == text));
    const auto identity = identify(folder);
    REQUIRE(identity);
    CHECK(identity->size == bytes.size());
    CHECK(compare(folder, *identity) == Change::none);
    CHECK((*open_folder(folder))->check_unchanged());
    CHECK(lock_warning(folder).empty());
  }
  while (::waitpid(-1, nullptr, 0) > 0) continue;
}

TEST_CASE("a container from standard input") {
  const StandardInput input(
      pipe_of(zip({{"x/A.mbox", std::string(kMail)}, {"x/B.mbox", std::string(kMail)}})));
  const auto archives = must_open_all({"-"});
  CHECK(archives[0].kind() == ArchiveKind::standard_input);
  CHECK(archives[0].is_tree());
  CHECK(listing(archives[0]) == "x|A = x/A.mbox\nx|B = x/B.mbox\n");
  CHECK(read_all(archives[0].folders()[1]) == kMail);
  while (::waitpid(-1, nullptr, 0) > 0) continue;
}

TEST_CASE("standard input is named once, and a file of that name is a file") {
  TemporaryDirectory directory;
  const auto twice = Archive::open_all({"-", "-"});
  REQUIRE_FALSE(twice);
  CHECK(twice.error().code == ErrorCode::usage);
  directory.write("standard input", kMail);
  const std::string before = std::filesystem::current_path();
  std::filesystem::current_path(directory.path());
  const auto archive = Archive::open("standard input");
  const std::string text = archive ? read_all(archive->folders()[0]) : "";
  std::filesystem::current_path(before);
  CHECK(text == kMail);
}

}  // namespace
}  // namespace mboxferry::archive
