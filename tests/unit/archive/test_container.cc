// SPDX-License-Identifier: Apache-2.0
// Folders inside zip and tar archives.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "archive/container.h"
#include "archive/opener.h"
#include "message_files.h"
#include "support.h"

namespace mboxferry::archive {
namespace {

std::string mail(const std::string& subject, std::size_t size = 100) {
  return "From a@example.org Mon Jan  1 00:00:00 2001\nSubject: " + subject + "\n\n" +
         long_text(size) + "\n\n";
}

const std::vector<PackedFile>& takeout() {
  static const std::vector<PackedFile> files{
      {"Takeout/archive_browser.html", "<html>"},
      {"Takeout/Mail/Inbox.mbox", mail("inbox", 50'000)},
      {"Takeout/Mail/Gesendete Entw\xc3\xbcrfe.mbox", mail("drafts", 70'000)},
      {"Takeout/Mail/Empty.mbox", ""},
      {"Takeout/Mail/notes.json", "{}"},
      {"Takeout/Mail/Work/2020.mbox", mail("2020", 3'000'000)},
  };
  return files;
}

constexpr const char* kTakeoutListing =
    "Inbox = Takeout/Mail/Inbox.mbox\n"
    "Gesendete Entw\xc3\xbcrfe = Takeout/Mail/Gesendete Entw\xc3\xbcrfe.mbox\n"
    "Empty = Takeout/Mail/Empty.mbox\n"
    "Work|2020 = Takeout/Mail/Work/2020.mbox\n";

Archive open_packed(const TemporaryDirectory& directory, const std::string& bytes) {
  directory.write("container", bytes);
  return must_open(directory.file("container"));
}

TEST_CASE("containers of every kind give their folders and bytes") {
  const std::string plain = tar(takeout());
  const std::string bytes = GENERATE_COPY(
      zip(takeout()), plain, compress(plain, Compression::gzip),
      compress(plain, Compression::bzip2), compress(plain, Compression::xz),
      compress(plain, Compression::zstd), pack(ContainerKind::zip, takeout(), "zip:zip64"));
  TemporaryDirectory directory;
  const Archive archive = open_packed(directory, bytes);
  CHECK(archive.kind() == ArchiveKind::container);
  CHECK(archive.is_tree());
  CHECK(listing(archive) == kTakeoutListing);
  const std::string place = directory.file("container") + ": Takeout/";
  CHECK(left_out(archive) == place + "Mail/notes.json: does not begin like an mbox file\n" + place +
                                 "archive_browser.html: overview page of Google Takeout\n");
  std::vector<std::string> contents;
  for (const PackedFile& file : takeout()) {
    if (file.name.ends_with(".mbox")) contents.push_back(file.bytes);
  }
  for (const std::size_t i : {0U, 1U, 2U, 3U, 1U}) {
    CHECK((read_all(archive.folders()[i]) == contents[i]));
  }
  CHECK(lock_warning(archive.folders()[0]).empty());
}

TEST_CASE("a member is read by position, also backwards") {
  TemporaryDirectory directory;
  const std::string bytes = GENERATE(zip(takeout()), tar(takeout()), gzip(tar(takeout())));
  const Archive archive = open_packed(directory, bytes);
  const std::string& text = takeout()[5].bytes;
  const auto source = open_folder(archive.folders()[3]);
  REQUIRE(source);
  CHECK((*source)->name() == directory.file("container") + ": Takeout/Mail/Work/2020.mbox");
  CHECK(read(**source, 2'900'000, 20) == text.substr(2'900'000, 20));
  CHECK(read(**source, 5, 20) == text.substr(5, 20));
  CHECK(read(**source, text.size() - 3, 20) == text.substr(text.size() - 3));
  CHECK(read(**source, text.size() + 3, 20).empty());
  CHECK((*source)->check_unchanged());
  std::filesystem::resize_file(directory.file("container"), 100);
  const auto changed = (*source)->check_unchanged();
  REQUIRE_FALSE(changed);
  CHECK(changed.error().code == ErrorCode::archive_changed);
}

TEST_CASE("reading all members in order walks the container once") {
  TemporaryDirectory directory;
  const Archive archive = open_packed(directory, gzip(tar(takeout())));
  Container& container = *archive.folders()[0].container;
  REQUIRE(container.walks() == 1);  // the one that found them
  for (int phase = 0; phase < 3; ++phase) {
    for (const Folder& folder : archive.folders()) {
      const auto source = open_folder(folder);
      const auto peek = open_folder(folder);
      REQUIRE(source);
      REQUIRE(peek);
      CHECK_FALSE(read_all(**source, 10'000).starts_with("cannot"));
    }
  }
  CHECK(container.walks() == 4);
}

TEST_CASE("the beginning of a member is read again without another walk") {
  TemporaryDirectory directory;
  const std::string text = mail("big", 40'000'000);
  const Archive archive = open_packed(
      directory,
      compress(tar({{"A", mail("a")}, {"B", text}, {"C", mail("c")}}), Compression::zstd));
  {
    const auto source = open_folder(archive.folders()[1]);
    for (int pass = 0; pass < 3; ++pass) {
      for (std::uint64_t at = 0; at < 33'000'000; at += 1'000'000) {
        CHECK((read(**source, at, 1'000'000) == text.substr(at, 1'000'000)));
      }
    }
    CHECK((read_all(**source, 1'000'000) == text));
  }
  CHECK(read_all(archive.folders()[2]) == mail("c"));
  CHECK(archive.folders()[0].container->walks() == 2);
}

TEST_CASE("two threads read different members of one container at once") {
  TemporaryDirectory directory;
  const Archive archive = open_packed(directory, gzip(tar(takeout())));
  const auto read_folders = [&](bool& right) {
    for (int round = 0; round < 20; ++round) {
      for (std::size_t i = 0; i < 2; ++i) {
        right = right && read_all(archive.folders()[i]) == takeout()[i + 1].bytes;
      }
    }
  };
  bool first = true;
  bool second = true;
  std::thread one(read_folders, std::ref(first));
  std::thread two(read_folders, std::ref(second));
  one.join();
  two.join();
  CHECK(first);
  CHECK(second);
}

TEST_CASE("containers and compressed files inside a container are read, once") {
  TemporaryDirectory directory;
  const std::vector<PackedFile> innermost{{"deep.mbox", mail("deep")}};
  const std::vector<PackedFile> inner{{"mail/A", mail("a")},
                                      {"mail/B.gz", gzip(mail("b"))},
                                      {"mail/C.zip", zip(innermost)},
                                      {"mail/D", mail("d", 100'000)}};
  const std::vector<PackedFile> outer{{"first.mbox.bz2", compress(mail("1"), Compression::bzip2)},
                                      {"in.zip", zip(inner)},
                                      {"in.tar.xz", compress(tar(inner), Compression::xz)},
                                      {"in.tar", tar(inner)},
                                      {"last", mail("2")}};
  const std::string bytes = GENERATE_COPY(zip(outer), tar(outer), gzip(tar(outer)));
  const Archive archive = open_packed(directory, bytes);
  CHECK(listing(archive) ==
        "first = first.mbox.bz2\n"
        "in|mail|A = in.zip: mail/A\n"
        "in|mail|D = in.zip: mail/D\n"
        "in|mail|A = in.tar.xz: mail/A\n"
        "in|mail|D = in.tar.xz: mail/D\n"
        "in|mail|A = in.tar: mail/A\n"
        "in|mail|D = in.tar: mail/D\n"
        "last = last\n");
  CHECK(unread_count(archive) == 6);
  CHECK(unread(archive).find("in.tar: mail/C.zip: packed a third time, not unpacked\n") !=
        std::string::npos);
  const std::vector<std::string> contents{
      mail("1"),          mail("a"), mail("d", 100'000), mail("a"),
      mail("d", 100'000), mail("a"), mail("d", 100'000), mail("2")};
  for (const std::size_t i : {0U, 1U, 2U, 3U, 4U, 5U, 6U, 7U, 4U, 2U}) {
    CHECK((read_all(archive.folders()[i]) == contents[i]));
  }
}

TEST_CASE("a container of one folder goes into the mailbox itself") {
  TemporaryDirectory directory;
  directory.write("backup.zip", zip({{"a/b/Sent.mbox/mbox", mail("x")}}));
  const auto archive = Archive::open(directory.file("backup.zip"));
  REQUIRE(archive);
  CHECK_FALSE(archive->is_tree());
  CHECK(listing(*archive) == "a|b|Sent = a/b/Sent.mbox/mbox\n");
}

TEST_CASE("an account's name stays in front of its folders") {
  TemporaryDirectory directory;
  const Archive archive = open_packed(directory, tar({{"x/joe@example.org/A.mbox", mail("a")},
                                                      {"x/joe@example.org/B.mbox", mail("b")}}));
  CHECK(listing(archive) ==
        "joe@example.org|A = x/joe@example.org/A.mbox\n"
        "joe@example.org|B = x/joe@example.org/B.mbox\n");
}

TEST_CASE("names of members are labels, never paths") {
  TemporaryDirectory directory;
  const std::string long_name(5000, 'n');
  const Archive archive = open_packed(directory, tar({{"../../escape", mail("a")},
                                                      {"/etc/absolute", mail("b")},
                                                      {"./Entw\xfcrfe", mail("c")},
                                                      {"..", mail("d")},
                                                      {"same", mail("e")},
                                                      {"same", mail("f")},
                                                      {long_name, mail("g")}}));
  CHECK(listing(archive) ==
        "escape = ../../escape\n"
        "etc|absolute = /etc/absolute\n"
        "Entw\xc3\xbcrfe = ./Entw\xc3\xbcrfe\n"
        "unnamed = ..\n"
        "same = same\n");
  CHECK(unread(archive).find(": its name is too long\n") != std::string::npos);
  CHECK(read_all(archive.folders()[4]) == mail("f"));
}

TEST_CASE("a container in a container without a name is no directory") {
  TemporaryDirectory directory;
  const std::string inner = tar({{"..", mail("a")}, {"B", mail("b")}});
  const Archive archive = open_packed(directory, tar({{"..", inner}, {"x", inner}}));
  CHECK(listing(archive) == "unnamed = ..: ..\nB = ..: B\nx|unnamed = x: ..\nx|B = x: B\n");
}

TEST_CASE("encrypted members are told") {
  TemporaryDirectory directory;
  directory.write("a.zip", pack(ContainerKind::zip, {{"a", mail("a")}}, "zip:encryption=zipcrypt"));
  const auto archive = Archive::open(directory.file("a.zip"));
  REQUIRE_FALSE(archive);
  CHECK(archive.error().code == ErrorCode::not_mail);
  CHECK(archive.error().what ==
        directory.file("a.zip") + " is encrypted: nothing in it can be read");
}

TEST_CASE("a container without mail is an error") {
  TemporaryDirectory directory;
  const std::string bytes = GENERATE(zip({{"a.txt", "hello"}}), tar({{"a.txt", "hello"}}));
  directory.write("a", bytes);
  const auto archive = Archive::open(directory.file("a"));
  REQUIRE_FALSE(archive);
  CHECK(archive.error().what == directory.file("a") + " holds no mbox file");
}

TEST_CASE("a tar archive from before POSIX is known by its checksum") {
  TemporaryDirectory directory;
  std::string old = pack(ContainerKind::tar, {{"A", mail("a")}});
  old.replace(257, 8, 8, '\0');
  unsigned sum = 0;
  old.replace(148, 8, "        ");
  for (std::size_t i = 0; i < 512; ++i) sum += static_cast<unsigned char>(old[i]);
  char digits[8];
  std::snprintf(digits, sizeof digits, "%06o", sum);
  old.replace(148, 7, digits, 7);
  const Archive archive = open_packed(directory, old);
  CHECK(read_all(archive.folders()[0]) == mail("a"));
}

TEST_CASE("a damaged member is kept, and the others are read") {
  TemporaryDirectory directory;
  const std::string text = mail("b", 100'000);
  std::string bytes = zip({{"A", mail("a")}, {"B", text}, {"C", mail("c")}});
  bytes.replace(bytes.size() / 2, 20, 20, '\xff');
  const Archive archive = open_packed(directory, bytes);
  CHECK(listing(archive) == "A = A\nB = B\nC = C\n");
  CHECK(read_all(archive.folders()[0]) == mail("a"));
  const auto source = open_folder(archive.folders()[1]);
  std::string buffer(text.size(), '\0');
  const auto got = (*source)->read_at(0, std::span<char>(buffer));
  REQUIRE(got);
  CHECK(*got < text.size());
  CHECK(buffer.substr(0, *got) == text.substr(0, *got));
  REQUIRE((*source)->damage());
  CHECK((*source)->damage()->what.find(directory.file("container") + ": B is damaged") == 0);
  CHECK(read_all(archive.folders()[2]) == mail("c"));
}

TEST_CASE("a container that ends too early is never short in silence") {
  TemporaryDirectory directory;
  const std::string whole = tar({{"A", mail("a")}, {"B", mail("b", 5000)}, {"C", mail("c", 5000)}});
  const auto cut = GENERATE(std::size_t{600}, std::size_t{2000}, std::size_t{6000},
                            std::size_t{9000}, std::size_t{12'000});
  const bool compressed = GENERATE(false, true);
  std::string bytes = whole.substr(0, cut);
  if (compressed) {
    bytes = gzip(long_text(0) + whole);
    bytes.resize(bytes.size() * cut / 14'000);
  }
  directory.write("a", bytes);
  const auto archive = Archive::open(directory.file("a"));
  if (!archive) {
    CHECK(archive.error().what.find("is damaged") != std::string::npos);
    return;
  }
  bool failed = false;
  for (const Folder& folder : archive->folders()) {
    const auto source = open_folder(folder);
    std::string buffer(10'000, '\0');
    failed = failed || !(*source)->read_at(0, std::span<char>(buffer)) || (*source)->damage();
  }
  CHECK(failed);
}

TEST_CASE("a container in a container that is damaged does not hide what follows") {
  TemporaryDirectory directory;
  const std::string inner = tar({{"A", mail("a", 5000)}, {"B", mail("b", 5000)}});
  const Archive archive = open_packed(directory, zip({{"in.tar", inner.substr(0, 3000)},
                                                      {"bad.zip", "PK\x03\x04nonsense"},
                                                      {"last", mail("2")}}));
  CHECK(archive.folders().back().path == std::vector<std::string>{"last"});
  CHECK(read_all(archive.folders().back()) == mail("2"));
  CHECK(read_all(archive.folders()[0]).find("is damaged") != std::string::npos);
}

TEST_CASE("identities of folders in a container are those of the container") {
  TemporaryDirectory directory;
  const Archive archive = open_packed(directory, zip(takeout()));
  const auto before = identify(archive.folders()[0]);
  REQUIRE(before);
  CHECK(compare(archive.folders()[0], *before) == Change::none);
  std::ofstream(directory.file("container"), std::ios::app) << "more";
  CHECK(compare(archive.folders()[0], *before) == Change::different);
}

TEST_CASE("what unpacks to far more than mail does is stopped") {
  TemporaryDirectory directory;
  constexpr Limits kLow{1'000'000, 20, 100, 100};
  const std::string zeros = mail("x") + std::string(20'000'000, '\0');
  const std::string bytes =
      GENERATE_COPY(zip({{"a", mail("a")}, {"b", zeros}}),
                    gzip(tar({{"a", mail("a")}, {"b", zeros}, {"c", mail("c")}})));
  directory.write("a", bytes);
  const auto archive = Opener(kLow).open(directory.file("a"));
  REQUIRE(archive);
  const std::string text = read_all(archive->folders()[1]);
  CHECK(text.find("unpacks to more than 20 times its size") != std::string::npos);
  CHECK(text.find("unpack it by hand") != std::string::npos);
}

TEST_CASE("a compressed file of nothing but zeros is stopped behind 1 GiB") {
  TemporaryDirectory directory;
  const std::string part = gzip(std::string(100'000'000, '\0'));
  std::string bytes = gzip(kMail);
  for (int i = 0; i < 16; ++i) bytes += part;
  directory.write("a.gz", bytes);
  const auto archive = Archive::open(directory.file("a.gz"));
  REQUIRE(archive);
  const auto source = open_folder(archive->folders()[0]);
  char byte = 0;
  const auto got = (*source)->read_at(1'590'000'000, {&byte, 1});
  REQUIRE(got);
  CHECK(*got == 0);
  const auto damage = (*source)->damage();
  REQUIRE(damage);
  CHECK(damage->code == ErrorCode::not_mail);
}

TEST_CASE("a container with too many members is refused") {
  TemporaryDirectory directory;
  std::vector<PackedFile> files;
  for (int i = 0; i < 30; ++i) files.push_back({"x" + std::to_string(i) + ".txt", "x"});
  directory.write("a", tar(files));
  const auto archive = Opener(Limits{1'000'000, 20, 10, 100}).open(directory.file("a"));
  REQUIRE_FALSE(archive);
  CHECK(archive.error().what == directory.file("a") + " has more than 10 members");
}

}  // namespace

TEST_CASE("what lies behind the end of a tar archive is read as well") {
  TemporaryDirectory directory;
  const std::string both = tar({{"a.mbox", mail("x")}}) + tar({{"b.mbox", mail("x")}});
  directory.write("both.tar", both);
  const Archive archive = must_open(directory.file("both.tar"));
  CHECK(archive.folders().size() == 2);
  CHECK(unread(archive).empty());
}

TEST_CASE("a damaged header of a tar archive is unread, and the members behind it are not") {
  TemporaryDirectory directory;
  std::string packed = tar({{"a.mbox", mail("x")}, {"b.mbox", mail("x")}, {"c.mbox", mail("x")}});
  packed[packed.find("b.mbox")] = 'B';
  directory.write("damaged.tar", packed);
  const Archive archive = must_open(directory.file("damaged.tar"));
  CHECK(archive.folders().size() == 2);
  CHECK(unread(archive) ==
        directory.file("damaged.tar") +
            ": behind a.mbox: damaged there: what is no member is passed over\n");
}

}  // namespace mboxferry::archive
