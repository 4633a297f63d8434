// SPDX-License-Identifier: Apache-2.0
// Opening, creating and refusing journal files.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "journal/schema.h"
#include "journal/sqlite_journal.h"
#include "mboxferry/base/crash_point.h"
#include "mboxferry/base/file.h"
#include "mboxferry/base/file_access.h"

namespace mboxferry::journal {
namespace {

Error no_journal(const std::string& path, const std::string& why) {
  return {.code = ErrorCode::configuration,
          .what = fmt::format("{} is no mboxferry journal: {}", path, why),
          .hint = "name another file; migrate takes it with --journal (a batch: --state-dir)"};
}

// Refuses what SQLite would only understand later or, worse, take for an empty database.
Result<void> check_file(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) {
    if (errno == ENOENT) {
      return Error{.code = ErrorCode::configuration,
                   .what = fmt::format("there is no journal {}", path),
                   .hint = "name one that a job made; mboxferry jobs lists them"};
    }
    return Error{.code = ErrorCode::cannot_create,
                 .what = fmt::format("cannot open the journal {}: {}", path, errno_text(errno)),
                 .hint = "check the permissions of the file and its directory"};
  }
  struct stat status {};
  if (fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return no_journal(path, "it is not a file");
  }
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  std::array<char, kMagic.size()> head{};
  const ssize_t size = pread(file.get(), head.data(), head.size(), 0);
  if (size < 0) {
    return Error{.code = ErrorCode::io,
                 .what = fmt::format("cannot read the journal {}: {}", path, errno_text(errno)),
                 .hint = "check the disk"};
  }
  // A power cut in the first transaction may leave zeros, which SQLite then takes back.
  const std::string_view beginning(head.data(), static_cast<std::size_t>(size));
  const bool blank = beginning.find_first_not_of('\0') == std::string_view::npos;
  if (!blank && beginning != kMagic) return no_journal(path, "it is another kind of file");
  return ok();
}

Result<void> make_durable(Database& database) {
  // The page size counts in a new file only, and before WAL.
  MBOXFERRY_TRY(database.script("PRAGMA page_size=4096;"));
  {
    MBOXFERRY_ASSIGN(Query mode, database.query("PRAGMA journal_mode=WAL"));
    MBOXFERRY_ASSIGN(const bool row, mode.next());
    if (!row || mode.text(0) != "wal") {
      return Error{.code = ErrorCode::cannot_create,
                   .what = fmt::format("the file system of {} cannot hold a journal (no shared "
                                       "memory for its write-ahead log)",
                                       database.path()),
                   .hint = "name a journal on a local disk, with --journal or --state-dir"};
    }
  }
  // The size limit gives the disk back after one big transaction.
  MBOXFERRY_TRY(database.script("PRAGMA journal_size_limit=16777216;"));
  return database.sync_commits();
}

Result<std::unique_ptr<Journal>> open_to_read(const std::string& path, Database::Access access,
                                              const Cancellation* interrupt) {
  MBOXFERRY_ASSIGN(auto database, Database::open(path, access, interrupt));
  MBOXFERRY_ASSIGN(const Content content, check_content(*database));
  if (content == Content::nothing) return no_journal(path, "it is empty");
  return std::make_unique<SqliteJournal>(std::move(database), LockFile());
}

// A job at work, or one that was killed, has a write-ahead log that is not empty.
bool has_log(const std::string& path) {
  struct stat status {};
  return ::stat((path + "-wal").c_str(), &status) == 0 && status.st_size > 0;
}

// SQLite makes two files beside the journal even to read it. Where it may not, a journal whose job
// has ended can be read all the same.
Result<std::unique_ptr<Journal>> open_to_read(const std::string& path,
                                              const Cancellation* interrupt) {
  MBOXFERRY_TRY(check_file(path));
  auto journal = open_to_read(path, Database::Access::read, interrupt);
  if (journal || journal.error().code != ErrorCode::cannot_create || has_log(path)) return journal;
  return open_to_read(path, Database::Access::unchanging, interrupt);
}

// SQLite keeps an unnamed database in a temporary file of its own, which has no name either.
Result<std::unique_ptr<Database>> open_unnamed() {
  MBOXFERRY_ASSIGN(auto database, Database::open("", Database::Access::write));
  MBOXFERRY_TRY(database->script("PRAGMA journal_mode=MEMORY;PRAGMA synchronous=OFF;"));
  return database;
}

Result<std::unique_ptr<Journal>> open_scratch() {
  MBOXFERRY_ASSIGN(auto database, open_unnamed());
  MBOXFERRY_TRY(create_schema(*database));
  return std::make_unique<SqliteJournal>(std::move(database), LockFile());
}

Result<std::unique_ptr<Journal>> copy_file(const std::string& path, Database::Access access) {
  MBOXFERRY_ASSIGN(const auto source, Database::open(path, access));
  MBOXFERRY_ASSIGN(Content content, check_content(*source));
  MBOXFERRY_ASSIGN(auto database, open_unnamed());
  if (content != Content::nothing) MBOXFERRY_TRY(database->copy_from(*source));
  // What was copied may be newer than what was looked at.
  MBOXFERRY_ASSIGN(content, check_content(*database));
  if (content == Content::nothing) MBOXFERRY_TRY(create_schema(*database));
  if (content == Content::older_journal) MBOXFERRY_TRY(upgrade_schema(*database));
  return std::make_unique<SqliteJournal>(std::move(database), LockFile());
}

}  // namespace

Result<std::unique_ptr<Journal>> Journal::open(const std::string& path, OpenMode mode,
                                               const Cancellation* interrupt) {
  if (mode == OpenMode::scratch) return open_scratch();
  // The lock is beside the file itself: two names of one journal must find one lock.
  const std::string file = canonical_path(path);
  if (mode == OpenMode::read_anyones) return open_to_read(file, interrupt);
  if (mode == OpenMode::read_only) {
    MBOXFERRY_TRY(check_file(file));
    MBOXFERRY_TRY(check_state_file(file));
    return open_to_read(file, interrupt);
  }
  MBOXFERRY_TRY(refuse_links_of_others(path));
  if (mode == OpenMode::resume) MBOXFERRY_TRY(check_file(file));
  MBOXFERRY_TRY(check_state_file(file));

  MBOXFERRY_ASSIGN(LockFile lock, LockFile::take(file));
  // Made by ourselves because SQLite's would have the mode that the umask leaves.
  if (mode == OpenMode::create_or_resume)
    MBOXFERRY_TRY(create_private_file("journal", file, "--journal"));
  MBOXFERRY_TRY(check_file(file));
  MBOXFERRY_TRY(check_state_file(file));
  MBOXFERRY_ASSIGN(auto database, Database::open(file, Database::Access::write, interrupt));
  MBOXFERRY_ASSIGN(const Content content, check_content(*database));
  if (content == Content::nothing && mode == OpenMode::resume) {
    return no_journal(file, "it is empty");
  }
  MBOXFERRY_TRY(make_durable(*database));
  if (content == Content::nothing) {
    MBOXFERRY_TRY(create_schema(*database));
    crash_point("journal-created");
  }
  if (content == Content::older_journal) MBOXFERRY_TRY(upgrade_schema(*database));
  return std::make_unique<SqliteJournal>(std::move(database), std::move(lock));
}

Result<std::unique_ptr<Journal>> Journal::copy(const std::string& path) {
  const std::string file = canonical_path(path);
  MBOXFERRY_TRY(check_file(file));
  MBOXFERRY_TRY(check_state_file(file));
  auto journal = copy_file(file, Database::Access::read);
  if (journal || journal.error().code != ErrorCode::cannot_create || has_log(file)) return journal;
  return copy_file(file, Database::Access::unchanging);
}

Result<void> remove_journal(const std::string& path) {
  const std::string real = canonical_path(path);
  // The log of a journal that is gone would be taken for one of the next journal of this name.
  for (const char* suffix : {"-journal", "-wal", "-shm", ""}) {
    if (::unlink((real + suffix).c_str()) == 0 || errno == ENOENT) continue;
    return Error{.code = ErrorCode::io,
                 .what = fmt::format("cannot remove the journal {}: {}", path, errno_text(errno)),
                 .hint = "remove it by hand"};
  }
  return ok();
}

}  // namespace mboxferry::journal
