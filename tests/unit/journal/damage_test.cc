// SPDX-License-Identifier: Apache-2.0
// A journal whose file is torn or damaged, and a disk that is full.
#include <fmt/format.h>
#include <sys/mount.h>
#include <unistd.h>

#include <fstream>

#include "unit/journal/journal_fixture.h"

using namespace mboxferry;
using namespace mboxferry::journal;
using Catch::Matchers::Contains;

TEST_CASE("a first transaction that a power cut tore is taken back") {
  TemporaryFolder folder;
  // The first page with its beginning lost, and SQLite's note that the file had no page before.
  write_file(folder.file("j"), std::string(512, '\0') + std::string(3584, 'x'));
  std::string note("\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", 8);
  note += std::string(12, '\0') + std::string("\0\0\2\0\0\0\x10\0", 8);
  note.resize(512);
  write_file(folder.file("j-journal"), note);
  value(Journal::open(folder.file("j"), OpenMode::create_or_resume));
  value(Journal::open(folder.file("j"), OpenMode::resume));
}

TEST_CASE("damage is an error wherever it is met") {
  Fixture f;
  const auto rows = f.add_samples(2000);
  f.intend(rows);
  done(f.journal->commit({.stored = {{rows[0].id, 1}}}));
  f.journal.reset();
  std::ifstream file(f.path(), std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(file), {}};

  std::size_t noticed_pages = 0;
  for (std::size_t page = 1; page < 40; page += 3) {
    INFO("page " << page);
    const std::string path = f.temporary().file(fmt::format("damaged{}", page));
    std::string bytes = whole;
    bytes.replace(page * 4096, 4096, std::string(4096, '\x5a'));
    write_file(path, bytes);
    bool noticed = false;
    const auto look = [&](const auto& result) {
      if (result) return;
      noticed = true;
      CHECK(result.error().code == ErrorCode::io);
      CHECK_THAT(result.error().what, Contains("damaged"));
    };
    const auto opened = Journal::open(path, OpenMode::resume);
    look(opened);
    if (!opened) {
      ++noticed_pages;
      continue;
    }
    const auto& journal = *opened;
    const auto ignore = [](const MessageRow&) { return ok(); };
    look(journal->folders());
    look(journal->mailboxes());
    look(journal->each(State::intended, 0, ignore));
    look(journal->each(State::stored, 0, ignore));
    look(journal->ledger(f.mailbox, ignore));
    look(journal->doubt(f.mailbox));
    look(journal->begin_reconcile(f.mailbox, Unidentified::in_doubt));
    look(journal->doubt_everything(f.mailbox, 9));
    if (noticed) ++noticed_pages;
  }
  // The others belong to tables that nothing above reads.
  CHECK(noticed_pages >= 8);
}

TEST_CASE("rows that cannot be right are damage") {
  Fixture f;
  const auto rows = f.add_samples(1);
  f.journal.reset();
  const std::string change = GENERATE("digest = x'00'", "state = 99", "uid = 5000000000",
                                      "flags = 300", "wire_size = -1", "digest = 'text'");
  run_sql(f.path(), "UPDATE message SET " + change);
  f.reopen();
  const Error error = failure(f.journal->message(rows[0].id));
  CHECK(error.code == ErrorCode::io);
  CHECK_THAT(error.what, Contains("damaged"));
}

TEST_CASE("a full disk is said, and freeing space lets the journal go on") {
  if (geteuid() != 0) {
    WARN("skipped: needs root to mount a small file system");
    return;
  }
  TemporaryFolder folder;
  const std::string place = folder.file("small");
  std::filesystem::create_directory(place);
  if (mount("tmpfs", place.c_str(), "tmpfs", 0, "size=512k") != 0) {
    WARN("skipped: cannot mount a small file system");
    return;
  }
  struct Unmount {
    const std::string& place;
    ~Unmount() { umount2(place.c_str(), MNT_DETACH); }
  } const unmount{place};

  {
    auto journal = value(Journal::open(place + "/j", OpenMode::create_or_resume));
    const MailboxId mailbox = value(journal->add_mailbox({.name = "A"}));
    FolderRow row{.archive = "/a", .mailbox = mailbox};
    row.id = value(journal->add_folder(row));
    write_file(place + "/ballast", std::string(100'000, 'x'));
    std::uint64_t committed = 0;
    const auto add_chunk = [&] {
      std::vector<MessageRow> rows;
      for (std::uint64_t i = 0; i < 200; ++i) {
        rows.push_back(sample(row.id, mailbox, committed + i));
      }
      const auto added = journal->add_indexed(row, rows, {});
      if (added) committed += 200;
      return added;
    };
    Result<void> added = ok();
    for (int i = 0; i < 1000 && added; ++i) added = add_chunk();
    const Error error = failure(added);
    CHECK(error.code == ErrorCode::io);
    CHECK_THAT(error.hint, Contains("free space"));
    CHECK(value(journal->counts(0)).planned.messages == committed);
    std::filesystem::remove(place + "/ballast");
    done(add_chunk());
    CHECK(value(journal->counts(0)).planned.messages == committed);
  }
  CHECK(value(Journal::open(place + "/j", OpenMode::resume)) != nullptr);

  write_file(place + "/ballast", std::string(600'000, 'x'));
  const Error error = failure(Journal::open(place + "/second", OpenMode::create_or_resume));
  CHECK(error.code == ErrorCode::io);
  CHECK_THAT(error.hint, Contains("free space"));
}
