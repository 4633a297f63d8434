// SPDX-License-Identifier: Apache-2.0
// One delivery of a Maildir under two names that differ in their flags.
#include <functional>
#include <string>

#include "archive/message_table.h"

namespace mboxferry::archive {
namespace {

constexpr const char* kFindSameNames =
    "CREATE TABLE same AS SELECT rowid AS row, list, stable_name, length, name, compressed FROM"
    " incoming WHERE file_inode <> 0 AND (list, stable_name, length) IN (SELECT list, stable_name,"
    " length FROM incoming WHERE file_inode <> 0 GROUP BY 1, 2, 3 HAVING count(*) > 1);"
    "CREATE TABLE content(row INTEGER PRIMARY KEY, digest BLOB, changed INTEGER);";
constexpr const char* kSameNames =
    "SELECT row, list, name, compressed FROM same ORDER BY list, name";
constexpr const char* kAddFileContent = "INSERT INTO content VALUES(?1, ?2, ?3)";
// Clocks of file systems have steps: of two at the same time the one in `cur` with more flags.
constexpr const char* kDropSame =
    "CREATE TABLE earlier AS SELECT row, list, name FROM (SELECT row, list, name, row_number() OVER"
    " (PARTITION BY list, stable_name, length, digest"
    " ORDER BY changed DESC, substr(name, 1, 3), name DESC) AS number"
    " FROM same JOIN content USING(row)) WHERE number > 1;"
    "DELETE FROM incoming WHERE rowid IN (SELECT row FROM earlier);";
constexpr const char* kDropped = "SELECT list, name FROM earlier ORDER BY list, name";

}  // namespace

Result<void> MessageTable::drop_same_deliveries(const ReadFile& read, const Visit& visit) {
  MBOXFERRY_TRY(database_.run(kFindSameNames));
  MBOXFERRY_ASSIGN(const Statement names, database_.prepare(kSameNames));
  MBOXFERRY_ASSIGN(const Statement add, database_.prepare(kAddFileContent));
  int status = SQLITE_ROW;
  bool any = false;
  while ((status = sqlite3_step(names.get())) == SQLITE_ROW) {
    MBOXFERRY_ASSIGN(const auto content,
                     read(sqlite3_column_int64(names.get(), 1), bytes_of(names.get(), 2),
                          sqlite3_column_int64(names.get(), 3) != 0));
    if (!content) continue;
    any = true;
    sqlite3_bind_int64(add.get(), 1, sqlite3_column_int64(names.get(), 0));
    bind_bytes(add.get(), 2, content->digest);
    sqlite3_bind_int64(add.get(), 3, content->changed_ns);
    MBOXFERRY_TRY(database_.insert(add.get()));
  }
  if (status != SQLITE_DONE) return database_.failed();
  if (!any) return ok();
  MBOXFERRY_TRY(database_.run(kDropSame));
  MBOXFERRY_ASSIGN(const Statement dropped, database_.prepare(kDropped));
  while ((status = sqlite3_step(dropped.get())) == SQLITE_ROW)
    visit(sqlite3_column_int64(dropped.get(), 0), bytes_of(dropped.get(), 1));
  return status == SQLITE_DONE ? ok() : Result<void>(database_.failed());
}

}  // namespace mboxferry::archive
