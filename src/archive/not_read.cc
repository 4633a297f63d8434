// SPDX-License-Identifier: Apache-2.0
// The list of what is not read, in a temporary SQLite database.
#include "mboxferry/archive/not_read.h"

#include <array>
#include <mutex>
#include <optional>
#include <utility>

#include "archive/temporary_database.h"

namespace mboxferry::archive {
namespace {

constexpr const char* kCreateEntries =
    "CREATE TABLE entry(kind INTEGER, place BLOB, name BLOB, bytes INTEGER, reason BLOB);"
    "CREATE INDEX by_place ON entry(kind, place); BEGIN;";
constexpr const char* kInsertEntry = "INSERT INTO entry VALUES(?, ?, ?, ?, ?)";
constexpr const char* kEach =
    "SELECT place, name, bytes, reason FROM entry WHERE kind = ?1 ORDER BY place, rowid";

// In the order of the rows, which changing their kind does not change.
constexpr const char* kNoMail =
    "SELECT place, name, bytes, reason, rowid FROM entry WHERE +kind = 0 ORDER BY rowid";
constexpr const char* kMakeUnread = "UPDATE entry SET kind = 1, reason = ?2 WHERE rowid = ?1";

}  // namespace

struct NotReadList::State {
  TemporaryDatabase database{"the list of what is not read"};
  Statement insert;
  std::array<Count, 2> counts;
  std::optional<Error> error;
  mutable std::mutex mutex;

  Result<void> add(const NotRead& entry) {
    if (!database.is_open()) {
      MBOXFERRY_TRY(database.open(kCreateEntries));
      MBOXFERRY_ASSIGN(insert, database.prepare(kInsertEntry));
    }
    sqlite3_bind_int(insert.get(), 1, static_cast<int>(entry.kind));
    bind_bytes(insert.get(), 2, entry.place);
    bind_bytes(insert.get(), 3, entry.name);
    bind_number(insert.get(), 4, entry.bytes);
    bind_bytes(insert.get(), 5, entry.reason);
    return database.insert(insert.get());
  }
};

NotReadList::NotReadList() : state_(std::make_unique<State>()) {}

NotReadList::~NotReadList() = default;

void NotReadList::add(const NotRead& entry) {
  const std::lock_guard lock(state_->mutex);
  Count& count = state_->counts[static_cast<std::size_t>(entry.kind)];
  ++count.files;
  count.bytes += entry.bytes;
  const auto added = state_->add(entry);
  if (!added && !state_->error) state_->error = added.error();
}

Result<void> NotReadList::result() const {
  const std::lock_guard lock(state_->mutex);
  return state_->error ? Result<void>(*state_->error) : ok();
}

NotReadList::Count NotReadList::count(NotReadKind kind) const {
  const std::lock_guard lock(state_->mutex);
  return state_->counts[static_cast<std::size_t>(kind)];
}

Result<void> NotReadList::each(NotReadKind kind, const Visitor& visit) const {
  const std::lock_guard lock(state_->mutex);
  if (!state_->database.is_open()) return ok();
  MBOXFERRY_ASSIGN(const Statement statement, state_->database.prepare(kEach));
  sqlite3_bind_int(statement.get(), 1, static_cast<int>(kind));
  for (;;) {
    const int status = sqlite3_step(statement.get());
    if (status == SQLITE_DONE) return ok();
    if (status != SQLITE_ROW) return state_->database.failed();
    NotRead entry;
    entry.kind = kind;
    entry.place = bytes_of(statement.get(), 0);
    entry.name = bytes_of(statement.get(), 1);
    entry.bytes = number_of(statement.get(), 2);
    entry.reason = bytes_of(statement.get(), 3);
    MBOXFERRY_TRY(visit(entry));
  }
}

Result<void> NotReadList::judge_again(
    const std::function<Result<std::string>(const NotRead&)>& unread_reason) {
  const std::lock_guard lock(state_->mutex);
  if (!state_->database.is_open()) return ok();
  MBOXFERRY_ASSIGN(const Statement walk, state_->database.prepare(kNoMail));
  MBOXFERRY_ASSIGN(const Statement change, state_->database.prepare(kMakeUnread));
  for (;;) {
    const int status = sqlite3_step(walk.get());
    if (status == SQLITE_DONE) return ok();
    if (status != SQLITE_ROW) return state_->database.failed();
    NotRead entry;
    entry.place = bytes_of(walk.get(), 0);
    entry.name = bytes_of(walk.get(), 1);
    entry.bytes = number_of(walk.get(), 2);
    entry.reason = bytes_of(walk.get(), 3);
    MBOXFERRY_ASSIGN(const std::string reason, unread_reason(entry));
    if (reason.empty()) continue;
    bind_number(change.get(), 1, number_of(walk.get(), 4));
    bind_bytes(change.get(), 2, reason);
    MBOXFERRY_TRY(state_->database.insert(change.get()));
    for (const auto& [kind, more] :
         {std::pair(NotReadKind::not_mail, false), std::pair(NotReadKind::unread, true)}) {
      Count& count = state_->counts[static_cast<std::size_t>(kind)];
      count.files = more ? count.files + 1 : count.files - 1;
      count.bytes = more ? count.bytes + entry.bytes : count.bytes - entry.bytes;
    }
  }
}

std::optional<NotRead> NotReadList::first(NotReadKind kind) const {
  std::optional<NotRead> found;
  const auto walked = each(kind, [&](const NotRead& entry) -> Result<void> {
    found = entry;
    return Error{ErrorCode::interrupted, "the first is enough", ""};
  });
  return walked ? std::nullopt : std::move(found);
}

}  // namespace mboxferry::archive
