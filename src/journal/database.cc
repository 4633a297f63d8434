// SPDX-License-Identifier: Apache-2.0
// One SQLite connection with cached statements, transactions and our errors.
#include "journal/database.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "mboxferry/base/file.h"

namespace mboxferry::journal {
namespace {

// cache_size and temp_store bound the memory: sorts and scratch tables go to files.
constexpr const char* kConnectionSettings =
    "PRAGMA busy_timeout=10000;"
    "PRAGMA cache_size=-8192;"
    "PRAGMA temp.cache_size=-8192;"
    "PRAGMA temp_store=FILE;"
    "PRAGMA foreign_keys=OFF;"
    "PRAGMA trusted_schema=OFF;"
    "PRAGMA cell_size_check=ON;";

// Longer than any value of a journal.
constexpr int kLongestValue = 16 << 20;

// Steps of SQLite's machine between two looks at an interruption, and how many a reader may take
// together: a tree of pages that lead to each other again and again takes any number. A walk over
// all messages takes about one a byte.
constexpr int kStepsPerLook = 10'000;
constexpr std::uint64_t kLeastSteps = 20'000'000;
constexpr std::uint64_t kStepsPerByte = 200;

/// What of a file is there: a hole takes no disk and explains no work. Files on disks that compress
/// have up to eight times as much.
std::uint64_t size_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || status.st_size <= 0) return 0;
  constexpr std::uint64_t kBlock = 512;  // whatever the file system has, POSIX
  const std::uint64_t on_disk = static_cast<std::uint64_t>(status.st_blocks) * kBlock * 8;
  return std::min(static_cast<std::uint64_t>(status.st_size), on_disk);
}
}  // namespace

std::string unchanging_uri(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      uri += fmt::format("%{:02x}", c);
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

Error damaged(const std::string& path, const std::string& detail) {
  return {.code = ErrorCode::io,
          .what = fmt::format("the journal {} is damaged: {}", path, detail),
          .hint =
              "check the disk and restore the journal from a copy; a new one sends every message "
              "again, but for --skip-existing"};
}

Result<bool> Query::next() {
  const int status = bind_status_ == SQLITE_OK ? sqlite3_step(statement_.get()) : bind_status_;
  if (status == SQLITE_ROW) return true;
  if (status == SQLITE_DONE) return false;
  return database_->error(status);
}

std::int64_t Query::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string Query::text(int column) const {
  const Blob bytes = blob(column);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Blob Query::blob(int column) const {
  // The order matters: the size is that of the form the pointer call converted to.
  const auto* bytes =
      static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_.get(), column));
  const int size = sqlite3_column_bytes(statement_.get(), column);
  if (bytes == nullptr || size <= 0) return {};
  return {bytes, static_cast<std::size_t>(size)};
}

void Query::bind_one(int index, std::int64_t value) {
  const int status = sqlite3_bind_int64(statement_.get(), index, value);
  if (status != SQLITE_OK) bind_status_ = status;
}

void Query::bind_one(int index, std::string_view value) {
  // An empty view may have a null pointer, which would bind NULL.
  const char* const bytes = value.empty() ? "" : value.data();
  const int status = sqlite3_bind_text64(statement_.get(), index, bytes, value.size(),
                                         SQLITE_TRANSIENT, SQLITE_UTF8);
  if (status != SQLITE_OK) bind_status_ = status;
}

void Query::bind_one(int index, Blob value) {
  const int status =
      sqlite3_bind_blob64(statement_.get(), index, value.data(), value.size(), SQLITE_TRANSIENT);
  if (status != SQLITE_OK) bind_status_ = status;
}

void Database::watch(const Cancellation& interrupt) {
  interrupt_ = &interrupt;
  const std::uint64_t bytes = size_of(path_) + size_of(path_ + "-wal");
  work_left_ = (kLeastSteps + kStepsPerByte * bytes) / kStepsPerLook;
  sqlite3_progress_handler(connection_.get(), kStepsPerLook, must_stop, this);
}

int Database::must_stop(void* self) noexcept {
  auto* const database = static_cast<Database*>(self);
  if (database->interrupt_->requested() || database->work_left_ == 0) return 1;
  --database->work_left_;
  return 0;
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, Access access,
                                                 const Cancellation* interrupt) {
  std::unique_ptr<Database> database(new Database(path));
  const bool unchanging = access == Access::unchanging;
  const int flags = (access == Access::write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) |
                    (unchanging ? SQLITE_OPEN_URI : 0) | SQLITE_OPEN_NOMUTEX |
                    SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
  sqlite3* connection = nullptr;
  const std::string name = unchanging ? unchanging_uri(path) : path;
  const int status = sqlite3_open_v2(name.c_str(), &connection, flags, nullptr);
  database->connection_.reset(connection);
  if (status != SQLITE_OK) return database->error(status);
  if (interrupt != nullptr) database->watch(*interrupt);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_limit(connection, SQLITE_LIMIT_LENGTH, kLongestValue);
  sqlite3_limit(connection, SQLITE_LIMIT_ATTACHED, 0);
  MBOXFERRY_TRY(database->script(kConnectionSettings));
  return database;
}

Result<void> Database::copy_from(const Database& source) {
  sqlite3_backup* const backup =
      sqlite3_backup_init(connection_.get(), "main", source.connection_.get(), "main");
  if (backup == nullptr) return error(sqlite3_errcode(connection_.get()));
  // All in one step: a writer between two of them would make it begin anew.
  const int status = sqlite3_backup_step(backup, -1);
  const int finished = sqlite3_backup_finish(backup);
  if (status != SQLITE_DONE) return source.error(status);
  // Errors are to name what people know.
  path_ = source.path_;
  return finished == SQLITE_OK ? ok() : Result<void>(error(finished));
}

Result<void> Database::script(const std::string& sql) {
  const int status = sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (status != SQLITE_OK) return error(status);
  return ok();
}

Result<Query> Database::prepare(std::string_view sql) {
  auto found = statements_.find(sql);
  if (found == statements_.end()) {
    sqlite3_stmt* raw = nullptr;
    const int status =
        sqlite3_prepare_v3(connection_.get(), sql.data(), static_cast<int>(sql.size()),
                           SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    Handle<sqlite3_stmt, sqlite3_finalize> statement(raw);
    if (status != SQLITE_OK) return error(status);
    found = statements_.emplace(std::string(sql), std::move(statement)).first;
  }
  return Query(*this, found->second.get());
}

Error Database::error(int status) const {
  const char* const reason =
      connection_ != nullptr ? sqlite3_errmsg(connection_.get()) : sqlite3_errstr(status);
  const int system_error = connection_ != nullptr ? sqlite3_system_errno(connection_.get()) : 0;
  const std::string because =
      system_error != 0 ? fmt::format("{} ({})", reason, errno_text(system_error)) : reason;
  switch (status & 0xff) {
    case SQLITE_CORRUPT:
      return damaged(path_, because);
    case SQLITE_TOOBIG:
      return damaged(path_, "a value in it is longer than any of ours");
    case SQLITE_NOMEM:
      return damaged(path_, "it needs more memory than any of ours");
    case SQLITE_INTERRUPT:
      if (interrupt_ != nullptr && interrupt_->requested())
        return interrupted(fmt::format("interrupted while reading the journal {}", path_));
      return damaged(path_, "reading it takes more work than its size explains");
    case SQLITE_NOTADB:
      return {.code = ErrorCode::configuration,
              .what = fmt::format("{} is no mboxferry journal: {}", path_, because),
              .hint = "name another file; migrate takes it with --journal (a batch: --state-dir)"};
    case SQLITE_FULL:
    case SQLITE_IOERR:
      return {.code = ErrorCode::io,
              .what = fmt::format("the journal {} cannot be read or written: {}", path_, because),
              .hint = (status & 0xff) == SQLITE_FULL
                          ? "free space, then run the same command again"
                          : "check the disk and its free space, then run the same command again"};
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return {.code = ErrorCode::cannot_create,
              .what = fmt::format("the journal {} cannot be opened for this: {}", path_, because),
              .hint =
                  "check the permissions of the file and its directory, or name another file "
                  "with --journal (a batch: --state-dir)"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {
          .code = ErrorCode::journal_locked,
          .what = fmt::format("the journal {} is in use by another program: {}", path_, because),
          .hint = "close that program, then run the same command again"};
    default:
      return {.code = ErrorCode::internal,
              .what = fmt::format("the journal {} failed: {} (SQLite {})", path_, because, status),
              .hint = {}};
  }
}

Result<void> Database::sync_commits() {
  syncs_commits_ = true;
  return script("PRAGMA synchronous=FULL;");
}

Result<Transaction> Transaction::begin(Database& database, Kind kind) {
  if (database.in_transaction()) return Transaction(nullptr, kind);
  if (kind == Kind::soon && !database.syncs_commits()) kind = Kind::write;
  // The write-ahead log keeps the order: the sync of a later commit makes this one durable, too.
  if (kind == Kind::soon) MBOXFERRY_TRY(database.run("PRAGMA synchronous=NORMAL"));
  Transaction transaction(&database, kind);
  MBOXFERRY_TRY(database.run(kind == Kind::scratch ? "BEGIN" : "BEGIN IMMEDIATE"));
  return transaction;
}

Result<void> Transaction::commit() {
  if (database_ == nullptr) return ok();
  MBOXFERRY_TRY(database_->run("COMMIT"));
  Database* const database = std::exchange(database_, nullptr);
  return kind_ == Kind::soon ? database->sync_commits() : ok();
}

Transaction::~Transaction() {
  if (database_ == nullptr) return;
  // SQLite may have rolled back by itself, for example when the disk was full.
  if (database_->in_transaction()) static_cast<void>(database_->run("ROLLBACK"));
  if (kind_ == Kind::soon) static_cast<void>(database_->sync_commits());
}

}  // namespace mboxferry::journal
