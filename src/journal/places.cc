// SPDX-License-Identifier: Apache-2.0
// Where the messages of a folder lie in an archive whose files were changed, in a scratch table.
#include "journal/rows.h"
#include "journal/sqlite_journal.h"

namespace mboxferry::journal {
namespace {

// `lies` is NULL as long as nothing of the archive is known to be this message. `exact`: its bytes
// may be read at its offset, so that a copy of another length will not do.
// Without INDEXED BY, SQLite walks through the folder for the order of the primary key.
constexpr const char* kPlaces = R"sql(
CREATE TEMP TABLE IF NOT EXISTS place(
  folder INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  length INTEGER NOT NULL,
  digest BLOB,
  exact INTEGER NOT NULL,
  fresh INTEGER NOT NULL,
  first INTEGER,
  lies INTEGER,
  PRIMARY KEY(folder, offset)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS temp.place_free ON place(folder, digest, length, offset)
  WHERE lies IS NULL;
CREATE INDEX IF NOT EXISTS temp.place_free_inexact ON place(folder, digest, offset)
  WHERE lies IS NULL AND exact = 0;
CREATE INDEX IF NOT EXISTS temp.place_fresh ON place(folder, lies) WHERE fresh = 1;
)sql";

}  // namespace

Result<void> SqliteJournal::make_places() { return database_->script(kPlaces); }

Result<void> SqliteJournal::begin_places(FolderId folder) {
  const std::lock_guard guard(mutex_);
  MBOXFERRY_TRY(make_places());
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_, Transaction::Kind::soon));
  MBOXFERRY_TRY(database_->run("DELETE FROM temp.place WHERE folder = ?1", folder));
  // A message with several labels has a row for each.
  MBOXFERRY_TRY(database_->run(
      "INSERT INTO temp.place(folder, offset, length, digest, exact, fresh, first)"
      " SELECT folder, offset, max(length), digest, max(state NOT IN (12, 15)), 0, min(id) FROM "
      "message"
      " WHERE folder = ?1 AND id BETWEEN (SELECT first_message FROM folder WHERE id = ?1)"
      " AND (SELECT last_message FROM folder WHERE id = ?1) GROUP BY offset",
      folder));
  return transaction.commit();
}

Result<std::optional<MessageId>> SqliteJournal::place_known(FolderId folder, const Digest& digest,
                                                            std::uint64_t length,
                                                            std::uint64_t lies) {
  const std::lock_guard guard(mutex_);
  std::int64_t offset = -1;
  MessageId first = 0;
  {
    MBOXFERRY_ASSIGN(
        Query same,
        database_->query("SELECT offset, first FROM temp.place INDEXED BY place_free"
                         " WHERE folder = ?1 AND digest = ?2 AND length = ?3 AND lies IS NULL"
                         " ORDER BY offset LIMIT 1",
                         folder, Blob(digest), to_disk(length)));
    MBOXFERRY_ASSIGN(const bool found, same.next());
    if (found) {
      offset = same.integer(0);
      first = same.integer(1);
    }
  }
  if (offset < 0) {
    MBOXFERRY_ASSIGN(Query other,
                     database_->query("SELECT offset, first FROM temp.place"
                                      " INDEXED BY place_free_inexact WHERE folder = ?1"
                                      " AND digest = ?2 AND lies IS NULL AND exact = 0"
                                      " ORDER BY offset LIMIT 1",
                                      folder, Blob(digest)));
    MBOXFERRY_ASSIGN(const bool found, other.next());
    if (found) {
      offset = other.integer(0);
      first = other.integer(1);
    }
  }
  if (offset < 0) return std::optional<MessageId>();
  MBOXFERRY_TRY(database_->run(
      "UPDATE temp.place SET lies = ?3, length = min(length, ?4) WHERE folder = ?1 AND offset = ?2",
      folder, offset, to_disk(lies), to_disk(length)));
  return std::optional(first);
}

Result<void> SqliteJournal::place_new(const Place& place) {
  const std::lock_guard guard(mutex_);
  MBOXFERRY_TRY(database_->run(
      "INSERT INTO temp.place(folder, offset, length, exact, fresh, lies)"
      " VALUES(?1, ?2, ?3, 1, 1, ?4)",
      place.folder, to_disk(place.offset), to_disk(place.length), to_disk(place.lies)));
  return ok();
}

Result<std::optional<Place>> SqliteJournal::place_at(FolderId folder, std::uint64_t offset) const {
  const std::lock_guard guard(mutex_);
  MBOXFERRY_ASSIGN(
      Query query,
      database_->query("SELECT offset, length, coalesce(lies, -1) FROM temp.place WHERE"
                       " folder = ?1 AND offset <= ?2 ORDER BY"
                       " offset DESC LIMIT 1",
                       folder, to_disk(offset)));
  MBOXFERRY_ASSIGN(const bool found, query.next());
  if (!found || query.integer(2) < 0) return std::optional<Place>();
  const Place place{folder, static_cast<std::uint64_t>(query.integer(0)),
                    static_cast<std::uint64_t>(query.integer(1)),
                    static_cast<std::uint64_t>(query.integer(2))};
  return offset - place.offset < place.length ? std::optional(place) : std::optional<Place>();
}

Result<std::optional<std::uint64_t>> SqliteJournal::new_place(FolderId folder,
                                                              std::uint64_t lies) const {
  const std::lock_guard guard(mutex_);
  MBOXFERRY_ASSIGN(Query query, database_->query("SELECT offset FROM temp.place"
                                                 " INDEXED BY place_fresh WHERE folder = ?1"
                                                 " AND lies = ?2 AND fresh = 1",
                                                 folder, to_disk(lies)));
  MBOXFERRY_ASSIGN(const bool found, query.next());
  if (!found) return std::optional<std::uint64_t>();
  return std::optional(static_cast<std::uint64_t>(query.integer(0)));
}

Result<bool> SqliteJournal::has_place(FolderId folder, std::uint64_t offset) const {
  const std::lock_guard guard(mutex_);
  MBOXFERRY_ASSIGN(const std::int64_t found,
                   database_->number("SELECT EXISTS(SELECT 1 FROM temp.place WHERE folder = ?1"
                                     " AND offset = ?2 AND lies IS NOT NULL)",
                                     folder, to_disk(offset)));
  return found != 0;
}

}  // namespace mboxferry::journal
