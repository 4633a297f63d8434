// SPDX-License-Identifier: Apache-2.0
// SQLite on a temporary file of its own.
#include "dmarc/scratch.h"

#include <algorithm>
#include <limits>

namespace mboxferry::dmarc {
namespace {

constexpr const char* kScratchTables = R"(
  PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -4000;
  PRAGMA temp_store = FILE;
  CREATE TABLE sums (
    grouping INTEGER, name TEXT, records INTEGER, messages INTEGER, dkim INTEGER, spf INTEGER,
    passed INTEGER, quarantined INTEGER, rejected INTEGER, overridden INTEGER, disagreeing INTEGER,
    PRIMARY KEY (grouping, name)) WITHOUT ROWID;
  CREATE TABLE keys (key BLOB PRIMARY KEY) WITHOUT ROWID;
)";

constexpr const char* kAddSums = R"(
  INSERT INTO sums VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
  ON CONFLICT DO UPDATE SET records = records + ?3, messages = messages + ?4, dkim = dkim + ?5,
    spf = spf + ?6, passed = passed + ?7, quarantined = quarantined + ?8,
    rejected = rejected + ?9, overridden = overridden + ?10, disagreeing = disagreeing + ?11
)";

constexpr std::uint64_t Sums::*kColumns[] = {
    &Sums::records,     &Sums::messages, &Sums::dkim_aligned, &Sums::spf_aligned, &Sums::passed,
    &Sums::quarantined, &Sums::rejected, &Sums::overridden,   &Sums::disagreeing};

}  // namespace

Error Scratch::failed() const {
  return {ErrorCode::io,
          std::string("the sums cannot be kept in a temporary file: ") +
              (connection_ ? sqlite3_errmsg(connection_.get()) : "out of memory"),
          "make room in the folder for temporary files, or name another with SQLITE_TMPDIR"};
}

Result<void> Scratch::run(const char* sql) {
  if (sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) return failed();
  return ok();
}

Result<Scratch::Statement> Scratch::prepare(const char* sql) {
  sqlite3_stmt* raw = nullptr;
  const int status = sqlite3_prepare_v2(connection_.get(), sql, -1, &raw, nullptr);
  Statement statement(raw);
  if (status != SQLITE_OK) return failed();
  return statement;
}

Result<void> Scratch::open() {
  sqlite3* raw = nullptr;
  const int status = sqlite3_open_v2("", &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  connection_.reset(raw);
  if (status != SQLITE_OK) return failed();
  MBOXFERRY_TRY(run(kScratchTables));
  MBOXFERRY_ASSIGN(add_, prepare(kAddSums));
  MBOXFERRY_ASSIGN(add_key_, prepare("INSERT OR IGNORE INTO keys VALUES (?)"));
  MBOXFERRY_ASSIGN(has_key_, prepare("SELECT 1 FROM keys WHERE key = ?"));
  return ok();
}

Result<void> Scratch::begin() { return run("BEGIN"); }
Result<void> Scratch::commit() { return run("COMMIT"); }

Result<void> Scratch::step(sqlite3_stmt* statement) {
  const int status = sqlite3_step(statement);
  sqlite3_reset(statement);
  if (status != SQLITE_DONE) return failed();
  return ok();
}

Result<void> Scratch::add(Grouping grouping, std::string_view name, const Sums& sums) {
  sqlite3_stmt* statement = add_.get();
  sqlite3_bind_int(statement, 1, static_cast<int>(grouping));
  sqlite3_bind_text(statement, 2, name.data(), static_cast<int>(name.size()), SQLITE_STATIC);
  int index = 3;
  for (const auto column : kColumns)
    sqlite3_bind_int64(statement, index++, static_cast<sqlite3_int64>(sums.*column));
  return step(statement);
}

Result<void> Scratch::add_key(std::string_view key) {
  sqlite3_bind_blob(add_key_.get(), 1, key.data(), static_cast<int>(key.size()), SQLITE_STATIC);
  return step(add_key_.get());
}

Result<bool> Scratch::has_key(std::string_view key) {
  sqlite3_stmt* statement = has_key_.get();
  sqlite3_bind_blob(statement, 1, key.data(), static_cast<int>(key.size()), SQLITE_STATIC);
  const int status = sqlite3_step(statement);
  sqlite3_reset(statement);
  if (status != SQLITE_ROW && status != SQLITE_DONE) return failed();
  return status == SQLITE_ROW;
}

Result<std::uint64_t> Scratch::count(Grouping grouping) {
  MBOXFERRY_ASSIGN(const Statement statement,
                   prepare("SELECT count(*) FROM sums WHERE grouping = ?"));
  sqlite3_bind_int(statement.get(), 1, static_cast<int>(grouping));
  if (sqlite3_step(statement.get()) != SQLITE_ROW) return failed();
  return static_cast<std::uint64_t>(sqlite3_column_int64(statement.get(), 0));
}

Result<void> Scratch::each(Grouping grouping, std::uint64_t most,
                           const std::function<Result<void>(std::string_view, const Sums&)>& take) {
  MBOXFERRY_ASSIGN(const Statement statement,
                   prepare("SELECT * FROM sums WHERE grouping = ? ORDER BY messages DESC, name "
                           "LIMIT ?"));
  sqlite3_bind_int(statement.get(), 1, static_cast<int>(grouping));
  constexpr auto kNoLimit = static_cast<std::uint64_t>(std::numeric_limits<sqlite3_int64>::max());
  sqlite3_bind_int64(statement.get(), 2, static_cast<sqlite3_int64>(std::min(most, kNoLimit)));
  for (;;) {
    const int status = sqlite3_step(statement.get());
    if (status == SQLITE_DONE) return ok();
    if (status != SQLITE_ROW) return failed();
    const auto* name = reinterpret_cast<const char*>(sqlite3_column_text(statement.get(), 1));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement.get(), 1));
    Sums sums;
    int index = 2;
    for (const auto column : kColumns)
      sums.*column = static_cast<std::uint64_t>(sqlite3_column_int64(statement.get(), index++));
    MBOXFERRY_TRY(take(name == nullptr ? std::string_view() : std::string_view(name, size), sums));
  }
}

}  // namespace mboxferry::dmarc
