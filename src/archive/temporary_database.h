// SPDX-License-Identifier: Apache-2.0
// A nameless SQLite database, which uses memory up to a bound and the disk after that.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "mboxferry/base/handle.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

using Statement = Handle<sqlite3_stmt, sqlite3_finalize>;

/// Gone when it is closed. One thread at a time.
class TemporaryDatabase {
 public:
  /// `content` names what is kept, for errors: "the list of message files".
  explicit TemporaryDatabase(std::string content) : content_(std::move(content)) {}

  /// Opens it and runs `sql`.
  Result<void> open(const char* sql);
  [[nodiscard]] bool is_open() const { return connection_ != nullptr; }
  Result<void> run(const char* sql);
  Result<Statement> prepare(const char* sql);
  /// Runs an insertion to its end and makes it ready for the next row.
  Result<void> insert(sqlite3_stmt* statement);
  /// The error that SQLite reported last.
  [[nodiscard]] Error failed() const;

 private:
  std::string content_;
  Handle<sqlite3, sqlite3_close_v2> connection_;
};

/// The caller keeps the bytes until the statement is reset.
void bind_bytes(sqlite3_stmt* statement, int index, std::string_view bytes);
void bind_number(sqlite3_stmt* statement, int index, std::uint64_t value);
std::string bytes_of(sqlite3_stmt* row, int column);
std::uint64_t number_of(sqlite3_stmt* row, int column);

}  // namespace mboxferry::archive
