// SPDX-License-Identifier: Apache-2.0
// One SQLite connection with cached statements, transactions and our errors.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/base/handle.h"
#include "mboxferry/base/result.h"

namespace mboxferry::journal {

/// Bytes to bind as a BLOB.
using Blob = std::span<const std::uint8_t>;

class Database;

/// One use of a cached statement; the statement is free again when this goes away.
class Query {
 public:
  /// The next row, or false at the end.
  Result<bool> next();

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;
  /// Valid until the next call of next().
  [[nodiscard]] Blob blob(int column) const;

 private:
  friend class Database;
  Query(const Database& database, sqlite3_stmt* statement)
      : database_(&database), statement_(statement) {}

  void bind_one(int index, std::int64_t value);
  void bind_one(int index, std::string_view value);
  void bind_one(int index, Blob value);
  template <typename... Values>
  void bind_all(const Values&... values) {
    int index = 0;
    (bind_one(++index, values), ...);
  }

  struct Release {
    void operator()(sqlite3_stmt* statement) const noexcept {
      sqlite3_reset(statement);
      sqlite3_clear_bindings(statement);
    }
  };
  const Database* database_;
  std::unique_ptr<sqlite3_stmt, Release> statement_;
  int bind_status_ = SQLITE_OK;
};

/// A connection. Not thread-safe: the journal's mutex is held around every use.
class Database {
 public:
  /// `unchanging`: read a file that nobody writes to and that has no write-ahead log beside it;
  /// needs no other file there, and makes none.
  enum class Access { write, read, unchanging };

  /// Opens an existing file and sets what concerns this connection only. With `interrupt`,
  /// a statement ends when that is requested, and when all of them together have worked more than
  /// the file's size explains.
  static Result<std::unique_ptr<Database>> open(const std::string& path, Access access,
                                                const Cancellation* interrupt = nullptr);

  [[nodiscard]] const std::string& path() const { return path_; }

  /// Every commit is on the disk when it returns, from now on.
  Result<void> sync_commits();
  [[nodiscard]] bool syncs_commits() const { return syncs_commits_; }

  /// Becomes a copy of what `source` holds now; whoever writes to that is not kept waiting.
  Result<void> copy_from(const Database& source);

  /// Runs one or more statements without values.
  Result<void> script(const std::string& sql);

  /// Runs a statement that returns no rows; returns how many rows it changed.
  template <typename... Values>
  Result<std::int64_t> run(std::string_view sql, const Values&... values) {
    MBOXFERRY_ASSIGN(Query query, prepare(sql));
    query.bind_all(values...);
    MBOXFERRY_ASSIGN(const bool row, query.next());
    static_cast<void>(row);
    return static_cast<std::int64_t>(sqlite3_changes64(connection_.get()));
  }

  /// Starts a statement that returns rows.
  template <typename... Values>
  Result<Query> query(std::string_view sql, const Values&... values) {
    MBOXFERRY_ASSIGN(Query query, prepare(sql));
    query.bind_all(values...);
    return query;
  }

  /// The first column of the first row as a number, 0 when there is none.
  template <typename... Values>
  Result<std::int64_t> number(std::string_view sql, const Values&... values) {
    MBOXFERRY_ASSIGN(Query found, query(sql, values...));
    MBOXFERRY_ASSIGN(const bool row, found.next());
    return row ? found.integer(0) : 0;
  }

  [[nodiscard]] std::int64_t last_row_id() const {
    return sqlite3_last_insert_rowid(connection_.get());
  }
  [[nodiscard]] bool in_transaction() const {
    return sqlite3_get_autocommit(connection_.get()) == 0;
  }

  /// What a failed SQLite call means to the user.
  [[nodiscard]] Error error(int status) const;

 private:
  explicit Database(std::string path) : path_(std::move(path)) {}
  Result<Query> prepare(std::string_view sql);
  void watch(const Cancellation& interrupt);
  static int must_stop(void* self) noexcept;

  std::string path_;
  const Cancellation* interrupt_ = nullptr;
  std::uint64_t work_left_ = 0;
  bool syncs_commits_ = false;
  Handle<sqlite3, sqlite3_close_v2> connection_;
  std::map<std::string, Handle<sqlite3_stmt, sqlite3_finalize>, std::less<>> statements_;
};

/// A transaction that is rolled back unless it is committed. Within another one it is a part of
/// that.
class Transaction {
 public:
  /// `write` takes the write lock at once; `soon` too, and is durable no later than the next
  /// `write`, at the latest when the database is closed; `scratch` is for temporary tables only.
  enum class Kind { write, soon, scratch };

  static Result<Transaction> begin(Database& database, Kind kind = Kind::write);
  Transaction(Transaction&& other) noexcept
      : database_(std::exchange(other.database_, nullptr)), kind_(other.kind_) {}
  Transaction& operator=(Transaction&&) = delete;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  Result<void> commit();

 private:
  Transaction(Database* database, Kind kind) : database_(database), kind_(kind) {}

  Database* database_;  ///< null when it is ended, or a part of another
  Kind kind_;
};

/// The error for a journal whose contents cannot be right.
Error damaged(const std::string& path, const std::string& detail);

}  // namespace mboxferry::journal
