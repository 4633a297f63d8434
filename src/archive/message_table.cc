// SPDX-License-Identifier: Apache-2.0
// The lists of message files of an archive, in a temporary SQLite database.
#include "archive/message_table.h"

#include <string_view>
#include <utility>

namespace mboxferry::archive {
namespace {

constexpr const char* kCreate =
    "CREATE TABLE incoming(list INTEGER, key BLOB, name BLOB, stable_name BLOB, length INTEGER,"
    " skip INTEGER, on_disk INTEGER, compressed INTEGER, has_flags INTEGER, info BLOB,"
    " modified INTEGER, outer_number INTEGER, inner_number INTEGER, device INTEGER,"
    " inode INTEGER, side BLOB, file_inode INTEGER, stored INTEGER, version BLOB);"
    "CREATE TABLE note(side BLOB PRIMARY KEY, has_flags INTEGER, info BLOB, labels BLOB,"
    " date INTEGER, is_exact INTEGER, is_cut INTEGER, is_listed INTEGER, times INTEGER)"
    " WITHOUT ROWID;"
    "CREATE TABLE message(list INTEGER, number INTEGER, offset INTEGER, name BLOB,"
    " stable_name BLOB, length INTEGER, skip INTEGER, on_disk INTEGER, compressed INTEGER,"
    " has_flags INTEGER, info BLOB, modified INTEGER, outer_number INTEGER, inner_number INTEGER,"
    " labels BLOB, is_exact INTEGER, stored INTEGER, version BLOB, PRIMARY KEY(list, number))"
    " WITHOUT ROWID;"
    "CREATE TABLE aside(directory BLOB, stable_name BLOB, name BLOB, inode INTEGER);"
    "BEGIN;";
constexpr const char* kInsert =
    "INSERT INTO incoming VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* kInsertNote =
    "INSERT INTO note VALUES(?, ?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT(side) DO UPDATE SET"
    " has_flags = excluded.has_flags, info = excluded.info, labels = excluded.labels,"
    " date = excluded.date, is_exact = excluded.is_exact, is_cut = max(is_cut, excluded.is_cut),"
    " is_listed = excluded.is_listed, times = times + excluded.is_listed";
constexpr const char* kTroubles =
    "SELECT total(is_listed = 1 AND side NOT IN (SELECT side FROM incoming"
    " WHERE side IS NOT NULL)), total(times > 1), total(is_cut) FROM note";
constexpr const char* kNoted = "SELECT count(*) FROM message WHERE ?1 = ?2 AND labels IS NOT NULL";
constexpr const char* kIndexPositions =
    "CREATE INDEX IF NOT EXISTS by_position ON incoming(outer_number, inner_number);";
constexpr const char* kRemove =
    "DELETE FROM incoming WHERE outer_number = ?1 AND inner_number = ?2 RETURNING length";
constexpr const char* kCopies =
    "CREATE TABLE copy AS SELECT rowid AS row, list, name FROM (SELECT rowid, list, name,"
    " row_number() OVER (PARTITION BY list, device, inode, outer_number,"
    " inner_number ORDER BY key, name) AS number"
    " FROM incoming WHERE device <> 0 OR inode <> 0 OR outer_number <> 0) WHERE number > 1;"
    "DELETE FROM incoming WHERE rowid IN (SELECT row FROM copy);";
constexpr const char* kSeal =
    "INSERT INTO message SELECT list, row_number() OVER ordered,"
    " sum(length) OVER ordered - length, name, stable_name, length, skip, on_disk, compressed,"
    " coalesce(nullif(note.has_flags, 0), incoming.has_flags),"
    " CASE note.has_flags WHEN 1 THEN note.info ELSE incoming.info END,"
    " coalesce(note.date, modified), outer_number, inner_number, note.labels,"
    " coalesce(note.is_exact, 0), stored, version FROM incoming"
    " LEFT JOIN note ON note.side = incoming.side"
    " WINDOW ordered AS (PARTITION BY list ORDER BY key, name"
    " ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW);"
    "DROP TABLE incoming; DROP TABLE note; DROP TABLE aside;"
    "CREATE INDEX by_offset ON message(list, offset);"
    "COMMIT;";
constexpr const char* kSelectPage =
    "SELECT number, offset, name, stable_name, length, skip, on_disk, compressed, has_flags, info,"
    " modified, outer_number, inner_number, labels, is_exact, stored, version FROM message"
    " WHERE list = ?1 AND number >= ?2 ORDER BY number LIMIT ?3";
constexpr const char* kNumberAt =
    "SELECT number FROM message WHERE list = ?1 AND offset <= ?2 ORDER BY offset DESC LIMIT 1";
constexpr const char* kSize =
    "SELECT offset + length FROM message WHERE list = ?1 AND ?2 = 0 ORDER BY number DESC LIMIT 1";

constexpr const char* kCountWith =
    "SELECT count(*) FROM message WHERE list = ?1 AND CAST(info AS TEXT) GLOB ?2";
constexpr const char* kIndexNames = "CREATE INDEX IF NOT EXISTS by_name ON message(list, name)";
constexpr const char* kHasName = "SELECT 1 FROM message WHERE list = ?1 AND name = ?2 LIMIT 1";

ListedMessage to_message(sqlite3_stmt* row) {
  ListedMessage message;
  message.number = number_of(row, 0);
  message.offset = number_of(row, 1);
  message.record.name = bytes_of(row, 2);
  message.record.stable_name = bytes_of(row, 3);
  message.record.length = number_of(row, 4);
  message.record.skip = number_of(row, 5);
  message.record.on_disk = number_of(row, 6);
  message.record.compressed = number_of(row, 7) != 0;
  message.record.has_flags = number_of(row, 8) != 0;
  message.record.info = bytes_of(row, 9);
  if (sqlite3_column_type(row, 10) != SQLITE_NULL) {
    message.record.modified = sqlite3_column_int64(row, 10);
  }
  message.record.position = {number_of(row, 11), number_of(row, 12)};
  message.record.labels = bytes_of(row, 13);
  message.record.date_is_exact = number_of(row, 14) != 0;
  message.record.stored = number_of(row, 15);
  message.record.version = bytes_of(row, 16);
  return message;
}

}  // namespace

Result<std::shared_ptr<MessageTable>> MessageTable::create() {
  std::shared_ptr<MessageTable> table(new MessageTable);
  MBOXFERRY_TRY(table->database_.open(kCreate));
  MBOXFERRY_ASSIGN(table->insert_, table->database_.prepare(kInsert));
  MBOXFERRY_ASSIGN(table->insert_note_, table->database_.prepare(kInsertNote));
  return table;
}

Result<void> MessageTable::add(std::int64_t list, const MessageRecord& record) {
  sqlite3_stmt* insert = insert_.get();
  sqlite3_bind_int64(insert, 1, list);
  bind_bytes(insert, 2, record.key);
  bind_bytes(insert, 3, record.name);
  bind_bytes(insert, 4, record.stable_name);
  bind_number(insert, 5, record.length);
  bind_number(insert, 6, record.skip);
  bind_number(insert, 7, record.on_disk);
  sqlite3_bind_int(insert, 8, record.compressed ? 1 : 0);
  sqlite3_bind_int(insert, 9, record.has_flags ? 1 : 0);
  bind_bytes(insert, 10, record.info);
  if (record.modified) {
    sqlite3_bind_int64(insert, 11, *record.modified);
  } else {
    sqlite3_bind_null(insert, 11);
  }
  bind_number(insert, 12, record.position.outer);
  bind_number(insert, 13, record.position.inner);
  bind_number(insert, 14, record.device);
  bind_number(insert, 15, record.inode);
  if (!record.side.empty()) bind_bytes(insert, 16, record.side);
  bind_number(insert, 17, record.file_inode);
  bind_number(insert, 18, record.stored);
  bind_bytes(insert, 19, record.version);
  may_have_copies_ = may_have_copies_ || record.device != 0 || record.inode != 0 || record.is_link;
  return database_.insert(insert);
}

Result<void> MessageTable::add_note(const std::string& side, const SideNote& note) {
  sqlite3_stmt* insert = insert_note_.get();
  const std::string labels = join_labels(note.labels);
  bind_bytes(insert, 1, side);
  sqlite3_bind_int(insert, 2, note.has_flags ? 1 : 0);
  bind_bytes(insert, 3, note.info);
  bind_bytes(insert, 4, labels);
  if (note.date) {
    sqlite3_bind_int64(insert, 5, *note.date);
  } else {
    sqlite3_bind_null(insert, 5);
  }
  sqlite3_bind_int(insert, 6, note.date && note.date_is_exact ? 1 : 0);
  sqlite3_bind_int(insert, 7, note.is_cut ? 1 : 0);
  sqlite3_bind_int(insert, 8, note.is_listed ? 1 : 0);
  return database_.insert(insert);
}

Result<NoteTroubles> MessageTable::note_troubles() {
  MBOXFERRY_ASSIGN(const Statement statement, database_.prepare(kTroubles));
  if (sqlite3_step(statement.get()) != SQLITE_ROW) return database_.failed();
  return NoteTroubles{number_of(statement.get(), 0), number_of(statement.get(), 1),
                      number_of(statement.get(), 2)};
}

Result<std::uint64_t> MessageTable::noted() { return number(kNoted, 0, 0); }

Result<bool> MessageTable::remove(MemberPosition position) {
  MBOXFERRY_TRY(database_.run(kIndexPositions));
  MBOXFERRY_ASSIGN(const Statement statement, database_.prepare(kRemove));
  bind_number(statement.get(), 1, position.outer);
  bind_number(statement.get(), 2, position.inner);
  const int found = sqlite3_step(statement.get());
  if (found != SQLITE_ROW && found != SQLITE_DONE) return database_.failed();
  int status = found;
  while (status == SQLITE_ROW) status = sqlite3_step(statement.get());
  if (status != SQLITE_DONE) return database_.failed();
  return found == SQLITE_ROW;
}

Result<void> MessageTable::drop_copies(const Visit& visit) {
  if (!may_have_copies_) return ok();
  MBOXFERRY_TRY(database_.run(kCopies));
  MBOXFERRY_ASSIGN(const Statement copies, database_.prepare("SELECT list, name FROM copy"));
  for (;;) {
    const int status = sqlite3_step(copies.get());
    if (status == SQLITE_DONE) return ok();
    if (status != SQLITE_ROW) return database_.failed();
    visit(sqlite3_column_int64(copies.get(), 0), bytes_of(copies.get(), 1));
  }
}

Result<void> MessageTable::seal() {
  insert_.reset();
  insert_note_.reset();
  listed_.reset();
  return database_.run(kSeal);
}

Result<std::vector<ListedMessage>> MessageTable::page(std::int64_t list, std::uint64_t number,
                                                      std::uint64_t limit) {
  const std::lock_guard lock(mutex_);
  MBOXFERRY_ASSIGN(const Statement statement, database_.prepare(kSelectPage));
  sqlite3_bind_int64(statement.get(), 1, list);
  bind_number(statement.get(), 2, number);
  bind_number(statement.get(), 3, limit);
  std::vector<ListedMessage> messages;
  for (;;) {
    const int status = sqlite3_step(statement.get());
    if (status == SQLITE_DONE) return messages;
    if (status != SQLITE_ROW) return database_.failed();
    messages.push_back(to_message(statement.get()));
  }
}

Result<std::uint64_t> MessageTable::number(const char* sql, std::int64_t list,
                                           std::uint64_t value) {
  const std::lock_guard lock(mutex_);
  MBOXFERRY_ASSIGN(const Statement statement, database_.prepare(sql));
  sqlite3_bind_int64(statement.get(), 1, list);
  bind_number(statement.get(), 2, value);
  const int status = sqlite3_step(statement.get());
  if (status == SQLITE_DONE) return std::uint64_t{0};
  if (status != SQLITE_ROW) return database_.failed();
  return number_of(statement.get(), 0);
}

Result<std::uint64_t> MessageTable::number_at(std::int64_t list, std::uint64_t offset) {
  return number(kNumberAt, list, offset);
}

Result<std::uint64_t> MessageTable::count_with(std::int64_t list, const std::string& letters) {
  const std::lock_guard lock(mutex_);
  MBOXFERRY_ASSIGN(const Statement statement, database_.prepare(kCountWith));
  sqlite3_bind_int64(statement.get(), 1, list);
  const std::string pattern = "*[" + letters + "]*";
  sqlite3_bind_text(statement.get(), 2, pattern.c_str(), -1, SQLITE_TRANSIENT);
  if (sqlite3_step(statement.get()) != SQLITE_ROW) return database_.failed();
  return number_of(statement.get(), 0);
}

Result<bool> MessageTable::has(std::int64_t list, std::string_view name) {
  const std::lock_guard lock(mutex_);
  if (!has_names_index_) MBOXFERRY_TRY(database_.run(kIndexNames));
  has_names_index_ = true;
  MBOXFERRY_ASSIGN(const Statement statement, database_.prepare(kHasName));
  sqlite3_bind_int64(statement.get(), 1, list);
  bind_bytes(statement.get(), 2, name);
  const int status = sqlite3_step(statement.get());
  if (status != SQLITE_ROW && status != SQLITE_DONE) return database_.failed();
  return status == SQLITE_ROW;
}

Result<std::uint64_t> MessageTable::size(std::int64_t list) { return number(kSize, list, 0); }

}  // namespace mboxferry::archive
