// SPDX-License-Identifier: Apache-2.0
// Thin calls of SQLite with errors that say what is kept.
#include "archive/temporary_database.h"

#include <utility>

namespace mboxferry::archive {

Error TemporaryDatabase::failed() const {
  return Error{ErrorCode::io,
               "cannot keep " + content_ + ": " + std::string(sqlite3_errmsg(connection_.get())),
               "set TMPDIR to a directory with enough space"};
}

Result<void> TemporaryDatabase::open(const char* sql) {
  sqlite3* raw = nullptr;
  const int status = sqlite3_open("", &raw);  // no name: temporary, and on disk when it grows
  connection_.reset(raw);
  if (status != SQLITE_OK) return failed();
  MBOXFERRY_TRY(run("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"));
  return run(sql);
}

Result<void> TemporaryDatabase::run(const char* sql) {
  const int status = sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr);
  return status == SQLITE_OK ? ok() : Result<void>(failed());
}

Result<Statement> TemporaryDatabase::prepare(const char* sql) {
  sqlite3_stmt* raw = nullptr;
  const int status = sqlite3_prepare_v2(connection_.get(), sql, -1, &raw, nullptr);
  Statement statement(raw);
  if (status != SQLITE_OK) return failed();
  return statement;
}

Result<void> TemporaryDatabase::insert(sqlite3_stmt* statement) {
  const int status = sqlite3_step(statement);
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  return status == SQLITE_DONE ? ok() : Result<void>(failed());
}

void bind_bytes(sqlite3_stmt* statement, int index, std::string_view bytes) {
  sqlite3_bind_blob64(statement, index, bytes.data(), bytes.size(), SQLITE_STATIC);
}

void bind_number(sqlite3_stmt* statement, int index, std::uint64_t value) {
  sqlite3_bind_int64(statement, index, static_cast<sqlite3_int64>(value));
}

std::string bytes_of(sqlite3_stmt* row, int column) {
  const void* bytes = sqlite3_column_blob(row, column);
  const int size = sqlite3_column_bytes(row, column);
  if (bytes == nullptr) return {};
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

std::uint64_t number_of(sqlite3_stmt* row, int column) {
  return static_cast<std::uint64_t>(sqlite3_column_int64(row, column));
}

}  // namespace mboxferry::archive
