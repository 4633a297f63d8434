// SPDX-License-Identifier: Apache-2.0
// The names of a list's files while they are renamed.
#include <functional>
#include <string>
#include <vector>

#include "archive/message_table.h"

namespace mboxferry::archive {
namespace {

constexpr const char* kIndexListedNames =
    "CREATE INDEX IF NOT EXISTS by_stable_name ON incoming(list, stable_name);"
    "CREATE INDEX IF NOT EXISTS aside_by_stable_name ON aside(directory, stable_name);";
constexpr const char* kListed =
    "SELECT rowid, name, file_inode FROM incoming WHERE list = ?1 AND stable_name = ?2"
    " UNION ALL SELECT 0, name, inode FROM aside WHERE directory = ?3 AND stable_name = ?2"
    " AND inode <> 0";
constexpr const char* kNoteListed = "INSERT INTO aside VALUES(?1, ?2, ?3, ?4)";
constexpr const char* kRename = "UPDATE incoming SET name = ?2, info = ?3 WHERE rowid = ?1";
constexpr const char* kRemoveRow = "DELETE FROM incoming WHERE rowid = ?1";
constexpr const char* kDropRenamed =
    "DELETE FROM incoming WHERE list = ?1 AND file_inode <> 0 AND rowid NOT IN"
    " (SELECT max(rowid) FROM incoming WHERE list = ?1 GROUP BY stable_name, file_inode)";
constexpr const char* kLost =
    "SELECT min(name) FROM aside WHERE directory = ?2 GROUP BY stable_name HAVING max(inode) = 0"
    " AND NOT EXISTS (SELECT 1 FROM incoming WHERE incoming.list = ?1"
    " AND incoming.stable_name = aside.stable_name)";
constexpr const char* kForgetAside = "DELETE FROM aside WHERE directory = ?1";

}  // namespace

Result<std::vector<ListedName>> MessageTable::listed(std::int64_t list,
                                                     const std::string& directory,
                                                     const std::string& stable_name) {
  if (!listed_) {
    MBOXFERRY_TRY(database_.run(kIndexListedNames));
    MBOXFERRY_ASSIGN(listed_, database_.prepare(kListed));
  }
  sqlite3_stmt* const statement = listed_.get();
  sqlite3_bind_int64(statement, 1, list);
  bind_bytes(statement, 2, stable_name);
  bind_bytes(statement, 3, directory);
  std::vector<ListedName> files;
  int status = SQLITE_ROW;
  // More than a few files with one name are not what a mail program leaves.
  constexpr std::size_t kMostFiles = 1000;
  while ((status = sqlite3_step(statement)) == SQLITE_ROW && files.size() < kMostFiles) {
    files.push_back(
        {sqlite3_column_int64(statement, 0), bytes_of(statement, 1), number_of(statement, 2)});
  }
  const bool good = status == SQLITE_ROW || status == SQLITE_DONE;
  sqlite3_reset(statement);
  if (!good) return database_.failed();
  return files;
}

Result<void> MessageTable::note_listed(const std::string& directory, const std::string& stable_name,
                                       const ListedName& file) {
  MBOXFERRY_ASSIGN(const Statement statement, database_.prepare(kNoteListed));
  bind_bytes(statement.get(), 1, directory);
  bind_bytes(statement.get(), 2, stable_name);
  bind_bytes(statement.get(), 3, file.name);
  bind_number(statement.get(), 4, file.inode);
  return database_.insert(statement.get());
}

Result<void> MessageTable::set_name(std::int64_t row, const MessageRecord& named) {
  MBOXFERRY_ASSIGN(const Statement statement, database_.prepare(kRename));
  sqlite3_bind_int64(statement.get(), 1, row);
  bind_bytes(statement.get(), 2, named.name);
  bind_bytes(statement.get(), 3, named.info);
  return database_.insert(statement.get());
}

Result<void> MessageTable::remove_row(std::int64_t row) {
  MBOXFERRY_ASSIGN(const Statement statement, database_.prepare(kRemoveRow));
  sqlite3_bind_int64(statement.get(), 1, row);
  return database_.insert(statement.get());
}

Result<void> MessageTable::drop_renamed(std::int64_t list) {
  MBOXFERRY_ASSIGN(const Statement statement, database_.prepare(kDropRenamed));
  sqlite3_bind_int64(statement.get(), 1, list);
  return database_.insert(statement.get());
}

Result<void> MessageTable::take_lost(std::int64_t list, const std::string& directory,
                                     const std::function<void(const std::string& name)>& visit) {
  MBOXFERRY_ASSIGN(const Statement lost, database_.prepare(kLost));
  sqlite3_bind_int64(lost.get(), 1, list);
  bind_bytes(lost.get(), 2, directory);
  int status = SQLITE_ROW;
  while ((status = sqlite3_step(lost.get())) == SQLITE_ROW) visit(bytes_of(lost.get(), 0));
  if (status != SQLITE_DONE) return database_.failed();
  MBOXFERRY_ASSIGN(const Statement forget, database_.prepare(kForgetAside));
  bind_bytes(forget.get(), 1, directory);
  return database_.insert(forget.get());
}

}  // namespace mboxferry::archive
