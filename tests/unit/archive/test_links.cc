// SPDX-License-Identifier: Apache-2.0
// Links and other names of files, and files that cannot be opened.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "archive/tree_root.h"
#include "mboxferry/archive/archive.h"
#include "support.h"

namespace mboxferry::archive {
namespace {

namespace fs = std::filesystem;

std::string mail(const std::string& word) {
  return "From a@example.org Thu Jan  1 00:00:01 2015\nSubject: " + word + "\n\n" + word + "\n";
}

/// `customer` is the archive; `secret` and `other` are somebody else's.
struct Places {
  Places() {
    directory.write("customer/Inbox", mail("own"));
    directory.write("other/Private", mail("private"));
    directory.write("secret.mbox", mail("secret"));
  }
  [[nodiscard]] std::string archive() const { return directory.file("customer"); }
  [[nodiscard]] std::string in(const std::string& name) const { return archive() + '/' + name; }

  TemporaryDirectory directory;
};

Archive open_with_links(const std::string& path, bool follow_links = false) {
  auto archive = Archive::open(path, {.follow_links = follow_links});
  REQUIRE(archive);
  return std::move(*archive);
}

std::string paths(const Archive& archive) {
  std::string text;
  for (const Folder& folder : archive.folders()) text += folder.label() + "\n";
  return text;
}

TEST_CASE("a link out of the archive is listed as unread, and read only on request") {
  const Places places;
  fs::create_symlink(places.directory.file("secret.mbox"), places.in("Work"));
  fs::create_symlink("../other", places.in("Old"));
  fs::create_symlink("Old/Private", places.in("Through"));
  const Archive archive = open_with_links(places.archive());
  CHECK(paths(archive) == "Inbox\n");
  CHECK(unread(archive) == places.in("Old") + ": a link that leads out of the archive: ../other\n" +
                               places.in("Through") +
                               ": a link that leads out of the archive: Old/Private\n" +
                               places.in("Work") + ": a link that leads out of the archive: " +
                               places.directory.file("secret.mbox") + "\n");

  const Archive followed = open_with_links(places.archive(), true);
  CHECK(paths(followed) == "Inbox\nOld/Private\nWork\n");
  CHECK(unread_count(followed) == 0);
  CHECK(left_out(followed) == places.in("Through") + ": the same file as Old/Private\n");
  CHECK(read_all(followed.folders()[2]) == mail("secret"));
}

TEST_CASE("the archive itself may be named by a link") {
  const Places places;
  fs::create_symlink("customer", places.directory.file("alias"));
  const Archive archive = open_with_links(places.directory.file("alias"));
  CHECK(paths(archive) == "Inbox\n");
  CHECK(read_all(archive.folders()[0]) == mail("own"));
  fs::create_symlink("customer/Inbox", places.directory.file("one"));
  CHECK(read_all(open_with_links(places.directory.file("one")).folders()[0]) == mail("own"));
}

TEST_CASE("what a link inside leads to keeps its own name and is read once") {
  const Places places;
  places.directory.write("customer/example.org/alice/Sent", mail("sent"));
  fs::create_symlink("example.org/alice", places.in(".alice@example_org"));
  fs::create_symlink("Inbox", places.in("A"));
  fs::create_symlink("..", places.in("example.org/up"));
  fs::create_symlink(places.archive(), places.in("absolute"));
  for (const bool follow : {false, true}) {
    const Archive archive = open_with_links(places.archive(), follow);
    CHECK(paths(archive) == "Inbox\nexample.org/alice/Sent\n");
    CHECK(unread_count(archive) == 0);
    CHECK(left_out(archive) ==
          places.in(".alice@example_org") +
              ": a link to example.org/alice, which is read under its own name\n" + places.in("A") +
              ": a link to Inbox, which is read under its own name\n" + places.in("absolute") +
              ": a link to ., which is read under its own name\n" + places.in("example.org/up") +
              ": a link to ., which is read under its own name\n");
  }
}

TEST_CASE("a link to a directory above the archive ends, and names do not change") {
  const Places places;
  fs::create_symlink("..", places.in("Above"));
  CHECK(paths(open_with_links(places.archive(), true)) ==
        "Above/other/Private\nAbove/secret\nInbox\n");
}

TEST_CASE("a link that leads nowhere is unread unless it is a lock") {
  const Places places;
  fs::create_symlink("127.0.1.1:+4711", places.in("lock"));
  fs::create_symlink("/mnt/disk/Archive", places.in("Archive"));
  fs::create_symlink("self", places.in("self"));
  const Archive archive = open_with_links(places.archive());
  CHECK(left_out(archive) == places.in("lock") + ": lock of a mail program\n");
  CHECK(unread(archive) == places.in("Archive") +
                               ": a link that leads nowhere: /mnt/disk/Archive\n" +
                               places.in("self") + ": a link that leads nowhere: self\n");
}

// What is read of an archive when all folders below `excluded` are left out: label and file.
std::string without(const Archive& archive, const std::string& excluded) {
  std::string text;
  for (const Folder& folder : archive.folders()) {
    const auto named = under_admitted_name(folder, [&](const std::string& label) {
      return !(label + '/').starts_with(excluded + '/');
    });
    if (named) text += named->label() + " " + std::to_string(read_all(*named).size()) + "\n";
  }
  return text;
}

TEST_CASE("a folder that is left out under one name is read under another") {
  const TemporaryDirectory directory;
  directory.write("a/daily.0/Inbox", mail("inbox"));
  directory.write("a/daily.1/New", mail("n"));
  fs::create_hard_link(directory.file("a/daily.0/Inbox"), directory.file("a/daily.1/Inbox"));
  directory.write("a/Old/Box", mail("b"));
  directory.write("a/Old/Maildir/cur/1.a:2,S", "Subject: 1\n\n1\n");
  fs::create_symlink("Old/Box", directory.file("a/Work"));
  fs::create_symlink("../Old", directory.file("a/daily.1/All"));
  fs::create_symlink("All", directory.file("a/daily.1/Again"));
  fs::create_symlink("..", directory.file("a/Old/up"));  // one without an end is none
  const std::string inbox = std::to_string(mail("inbox").size());
  const std::string small = std::to_string(mail("b").size());
  directory.write("packed.tar", tar({{"Old/Box", mail("b")},
                                     {"Old/Maildir/cur/1.a:2,S", "Subject: 1\n\n1\n"},
                                     {"Old/up", "", 0, "", ".."},
                                     {"Work", "", 0, "", "Old/Box"},
                                     {"daily.0/Inbox", mail("inbox")},
                                     {"daily.1/Again", "", 0, "", "All"},
                                     {"daily.1/All", "", 0, "", "../Old"},
                                     {"daily.1/Inbox", "", 0, "daily.0/Inbox"},
                                     {"daily.1/New", mail("n")}}));
  for (const char* name : {"a", "packed.tar"}) {
    const Archive archive = open_with_links(directory.file(name));
    CAPTURE(name, left_out(archive));
    CHECK(paths(archive) == "Old/Box\nOld/Maildir\ndaily.0/Inbox\ndaily.1/New\n");
    CHECK(unread_count(archive) == 0);
    CHECK(without(archive, "Old") == "Work " + small +
                                         "\ndaily.1/Again/Maildir 14\ndaily.0/Inbox " + inbox +
                                         "\ndaily.1/New " + small + "\n");
    CHECK(without(archive, "daily.0") == "Old/Box " + small + "\nOld/Maildir 14\ndaily.1/Inbox " +
                                             inbox + "\ndaily.1/New " + small + "\n");
    CHECK(without(archive, "daily.1") ==
          "Old/Box " + small + "\nOld/Maildir 14\ndaily.0/Inbox " + inbox + "\n");
  }
}

TEST_CASE("other names of folders lose the directories of layouts, too") {
  const TemporaryDirectory directory;
  directory.write("p/prefs.js", "x");
  directory.write("p/Mail/Local Folders/Old", mail("b"));
  directory.write("p/Mail/Local Folders/Inbox", mail("b"));
  fs::create_hard_link(directory.file("p/Mail/Local Folders/Old"),
                       directory.file("p/Mail/Local Folders/Work"));
  const Archive archive = open_with_links(directory.file("p"));
  CHECK(paths(archive) == "Inbox\nOld\n");
  const std::string size = std::to_string(mail("b").size());
  CHECK(without(archive, "Old") == "Inbox " + size + "\nWork " + size + "\n");
}

TEST_CASE("links among the messages of a Maildir") {
  const Places places;
  places.directory.write("customer/Maildir/cur/1.a:2,S", "Subject: 1\n\n1\n");
  fs::create_directories(places.in("Maildir/new"));
  places.directory.write("key", "Subject: private\n\nkey\n");
  fs::create_symlink(places.directory.file("key"), places.in("Maildir/cur/2.b:2,S"));
  fs::create_symlink("1.a:2,S", places.in("Maildir/cur/3.c:2,S"));
  const Archive archive = open_with_links(places.in("Maildir"));
  CHECK(read_all(archive.folders()[0]) == "Subject: 1\n\n1\n");
  CHECK(unread_count(archive) == 1);
  CHECK(left_out_count(archive) == 1);
  CHECK(read_all(open_with_links(places.in("Maildir"), true).folders()[0]) ==
        "Subject: 1\n\n1\nSubject: private\n\nkey\n");
}

TEST_CASE("an mbox with two names is one folder, a message in two folders is in both") {
  const Places places;
  fs::create_hard_link(places.in("Inbox"), places.in("Copy"));
  places.directory.write("customer/Maildir/cur/1.a:2,S", "Subject: 1\n\n1\n");
  places.directory.write("customer/Maildir/new/2.b", "Subject: 2\n\n2\n");
  places.directory.write("customer/Maildir/.Work/new/3.c", "Subject: 3\n\n3\n");
  fs::create_directories(places.in("Maildir/.Work/cur"));
  fs::create_hard_link(places.in("Maildir/cur/1.a:2,S"), places.in("Maildir/.Work/cur/1.a:2,S"));
  fs::create_hard_link(places.in("Maildir/new/2.b"), places.in("Maildir/cur/2.b:2,"));
  const Archive archive = open_with_links(places.archive());
  CHECK(left_out(archive) == places.in("Inbox") + ": the same file as Copy\n" +
                                 places.in("Maildir/new/2.b") +
                                 ": the same file as another of its folder\n");
  REQUIRE(archive.folders().size() == 3);
  CHECK(read_all(archive.folders()[0]) == mail("own"));
  CHECK(messages(archive.folders()[1]) == "0+14 1.a:2,S [S]\n14+14 2.b:2, []\n");
  CHECK(read_all(archive.folders()[2]) == "Subject: 1\n\n1\nSubject: 3\n\n3\n");
}

// A link that takes the place of a directory or file after the archive was opened.
TEST_CASE("a path that has become a link is not opened any more") {
  const Places places;
  places.directory.write("customer/Sub/Work", mail("work"));
  places.directory.write("other/Work", mail("private"));
  places.directory.write("customer/Maildir/cur/1.a:2,S", "Subject: 1\n\n1\n");
  fs::create_directories(places.in("Maildir/new"));
  places.directory.write("other/cur/1.a:2,S", "Subject: X\n\nX\n");
  const Archive archive = open_with_links(places.archive());
  REQUIRE(paths(archive) == "Inbox\nMaildir\nSub/Work\n");
  fs::rename(places.in("Sub"), places.directory.file("gone"));
  fs::create_directory_symlink("../other", places.in("Sub"));
  fs::remove(places.in("Inbox"));
  fs::create_symlink("../secret.mbox", places.in("Inbox"));
  fs::rename(places.in("Maildir"), places.directory.file("gone too"));
  fs::create_directory_symlink("../other", places.in("Maildir"));
  for (const Folder& folder : archive.folders()) {
    const auto source = open_folder(folder);
    std::string bytes(64, '\0');
    const bool read = source && (*source)->read_at(0, bytes).has_value();
    CHECK_FALSE(read);
  }
}

TEST_CASE("directories below a root are reached without openat2 as well") {
  const Places places;
  places.directory.write("customer/a/b/c", mail("c"));
  fs::create_symlink("../secret.mbox", places.in("Work"));
  const auto root = TreeRoot::open(places.archive(), false);
  REQUIRE(root);
  CHECK((*root)->open_file("a/b/c").valid());
  CHECK((*root)->open_directory("a/b").valid());
  CHECK_FALSE((*root)->open_file("Work").valid());
  CHECK_FALSE((*root)->open_file("../secret.mbox").valid());
}

TEST_CASE("what cannot be opened is unread and does not stop the tree") {
  const Places places;
  places.directory.write("customer/Closed", mail("closed"));
  places.directory.write("customer/Sub/Work", mail("work"));
  places.directory.write("customer/Maildir/cur/1.a:2,S", "Subject: 1\n\n1\n");
  places.directory.write("customer/Maildir/cur/2.b:2,S", "Subject: 2\n\n2\n");
  fs::create_directories(places.in("Maildir/new"));
  for (const char* name : {"Closed", "Sub", "Maildir/cur/2.b:2,S"}) {
    REQUIRE(::chmod(places.in(name).c_str(), 0) == 0);
  }
  REQUIRE(::chmod(places.directory.path().c_str(), 0755) == 0);
  const bool root = ::geteuid() == 0;  // root may read everything
  constexpr uid_t kNobody = 65534;
  if (root) REQUIRE(::seteuid(kNobody) == 0);
  const auto opened = Archive::open(places.archive());
  const auto nothing = Archive::open(places.in("Sub"));
  if (root) REQUIRE(::seteuid(0) == 0);
  REQUIRE(opened);
  const Archive& archive = *opened;
  CHECK(paths(archive) == "Inbox\nMaildir\n");
  CHECK(unread(archive) == places.in("Closed") + ": cannot be opened: Permission denied\n" +
                               places.in("Maildir/cur/2.b:2,S") +
                               ": cannot be opened: Permission denied\n" + places.in("Sub") +
                               ": cannot be opened: Permission denied\n");
  REQUIRE_FALSE(nothing);
  CHECK(nothing.error().code == ErrorCode::no_such_archive);
}

TEST_CASE("a tree of which nothing can be read says so") {
  const TemporaryDirectory directory;
  directory.write("secret.mbox", mail("secret"));
  directory.write("customer/notes", "Dear diary");
  fs::create_symlink("../secret.mbox", directory.file("customer/Inbox"));
  const auto archive = Archive::open(directory.file("customer"));
  REQUIRE_FALSE(archive);
  CHECK(archive.error().code == ErrorCode::not_mail);
  CHECK(archive.error().what == directory.file("customer") +
                                    " is a directory that holds no mbox file that can be read; "
                                    "unread: " +
                                    directory.file("customer/Inbox") +
                                    ": a link that leads out of the archive: ../secret.mbox");
}

TEST_CASE("a path that is too long is unread and does not stop the tree") {
  const Places places;
  const std::string segment(200, 'd');
  fs::path deep = places.archive();
  const fs::path before = fs::current_path();
  fs::current_path(deep);
  for (int i = 0; i < 25; ++i) {
    fs::create_directory(segment);
    fs::current_path(segment);
  }
  fs::current_path(before);
  const Archive archive = open_with_links(places.archive());
  CHECK(paths(archive) == "Inbox\n");
  CHECK(unread_count(archive) == 1);
  CHECK(unread(archive).ends_with("/" + segment + ": its path is too long\n"));
}

}  // namespace
}  // namespace mboxferry::archive
