// SPDX-License-Identifier: Apache-2.0
// The parts of archives that were not read.
#include <cstdio>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "journal/rows.h"
#include "journal/sqlite_journal.h"

namespace mboxferry::journal {

// A part that is found again, by a resumed or repeated pass, takes the place of what was known.
Result<void> SqliteJournal::insert_unread(const UnreadRow& row) {
  MBOXFERRY_TRY(database_->run(
      "DELETE FROM unread WHERE folder = ?1 AND path = ?2 AND offset = ?3"
      " AND reason = ?4",
      row.folder, std::string_view(row.path), to_disk(row.offset), std::string_view(row.reason)));
  MBOXFERRY_TRY(
      database_->run("INSERT INTO unread(folder, path, offset, bytes, reason)"
                     " VALUES(?1, ?2, ?3, ?4, ?5)",
                     row.folder, std::string_view(row.path), to_disk(row.offset),
                     to_disk(row.bytes), std::string_view(row.reason)));
  return ok();
}

Result<void> SqliteJournal::begin_unread() {
  const std::lock_guard guard(mutex_);
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_, Transaction::Kind::soon));
  MBOXFERRY_TRY(database_->run("DELETE FROM unread WHERE folder = 0"));
  return transaction.commit();
}

Result<void> SqliteJournal::add_unread(const UnreadRow& row) {
  const std::lock_guard guard(mutex_);
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_, Transaction::Kind::soon));
  MBOXFERRY_TRY(insert_unread(row));
  return transaction.commit();
}

Result<void> SqliteJournal::forget_unread(FolderId folder, std::uint64_t offset) {
  const std::lock_guard guard(mutex_);
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_, Transaction::Kind::soon));
  MBOXFERRY_TRY(database_->run("DELETE FROM unread WHERE folder = ?1 AND offset >= ?2", folder,
                               to_disk(offset)));
  return transaction.commit();
}

// One of an older version has no such table as long as it is only read.
Result<bool> SqliteJournal::knows_unread() const {
  MBOXFERRY_ASSIGN(
      const std::int64_t found,
      database_->number("SELECT EXISTS(SELECT 1 FROM sqlite_schema WHERE name = 'unread')"));
  return found != 0;
}

Result<void> SqliteJournal::each_unread(const UnreadVisitor& visit) const {
  // In the order of the index unread_place: another one would sort all of them for each page.
  using UnreadPlace = std::tuple<std::int64_t, std::string, std::int64_t, std::int64_t>;
  UnreadPlace after(-1, "", -1, -1);
  while (true) {
    std::vector<UnreadRow> page;
    UnreadPlace last = after;
    {
      const std::lock_guard guard(mutex_);
      MBOXFERRY_ASSIGN(const bool known, knows_unread());
      if (!known) return ok();
      MBOXFERRY_ASSIGN(Query query,
                       database_->query("SELECT folder, path, offset, id, bytes, reason FROM unread"
                                        " WHERE (folder, path, offset, id) > (?1, ?2, ?3, ?4)"
                                        " ORDER BY folder, path, offset, id LIMIT ?5",
                                        std::get<0>(after), std::get<1>(after), std::get<2>(after),
                                        std::get<3>(after), kPageRows));
      for (std::size_t bytes = 0; bytes < kPageBytes;
           bytes += page.back().path.size() + page.back().reason.size()) {
        MBOXFERRY_ASSIGN(const bool more, query.next());
        if (!more) break;
        last = {query.integer(0), query.text(1), query.integer(2), query.integer(3)};
        page.push_back({.folder = query.integer(0),
                        .path = query.text(1),
                        .offset = static_cast<std::uint64_t>(query.integer(2)),
                        .bytes = static_cast<std::uint64_t>(query.integer(4)),
                        .reason = query.text(5)});
      }
    }
    if (page.empty()) return ok();
    // A text where a number belongs reads as 0, and the same page would come for ever.
    if (last <= after)
      return damaged(database_->path(), "a part that was not read has no place in its archive");
    after = std::move(last);
    for (const UnreadRow& row : page) MBOXFERRY_TRY(visit(row));
  }
}

Result<Count> SqliteJournal::unread() const {
  const std::lock_guard guard(mutex_);
  MBOXFERRY_ASSIGN(const bool known, knows_unread());
  if (!known) return Count{};
  MBOXFERRY_ASSIGN(Query query,
                   database_->query("SELECT count(*), coalesce(sum(bytes), 0) FROM unread"));
  MBOXFERRY_ASSIGN(const bool there, query.next());
  if (!there) return Count{};
  return Count{static_cast<std::uint64_t>(query.integer(0)),
               static_cast<std::uint64_t>(query.integer(1))};
}

Result<bool> unread_accepted(const Journal& journal) {
  MBOXFERRY_ASSIGN(const auto accepted, journal.note(kUnreadAcceptedNote));
  return accepted == "1";
}

Result<Count> left_out_files(const Journal& journal) {
  MBOXFERRY_ASSIGN(const auto note, journal.note(kLeftOutNote));
  unsigned long long files = 0;
  unsigned long long bytes = 0;
  if (!note || std::sscanf(note->c_str(), "%llu %llu", &files, &bytes) != 2) return Count{};
  return Count{files, bytes};
}

}  // namespace mboxferry::journal
