// SPDX-License-Identifier: Apache-2.0
// Finding the stored message that another one on the server is a copy of.
#include <fmt/format.h>

#include "journal/rows.h"
#include "journal/schema.h"
#include "journal/sqlite_journal.h"

namespace mboxferry::journal {

Result<void> SqliteJournal::begin_copy_search(MailboxId mailbox) {
  const std::lock_guard guard(mutex_);
  reconciling_.reset();
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_, Transaction::Kind::scratch));
  MBOXFERRY_TRY(create_scratch(*database_));
  // What others stored beside the job's mail is a message of its own, not a copy.
  MBOXFERRY_TRY(database_->run(
      fmt::format("INSERT OR IGNORE INTO temp.known SELECT uid + {} FROM main.message"
                  " WHERE {} AND state = 14 AND uid >="
                  " (SELECT max(uid_floor, 1) - {} FROM main.mailbox WHERE id = ?1)",
                  kUidBias, kInMailbox, kUidBias),
      mailbox));
  MBOXFERRY_TRY(transaction.commit());
  reconciling_ = Reconciling{.mailbox = mailbox, .which = Unidentified::copies};
  return ok();
}

/// Of the ledger only what resembles something seen, which is little where little was seen.
Result<void> SqliteJournal::fill_originals() {
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_, Transaction::Kind::scratch));
  MBOXFERRY_TRY(database_->run(
      fmt::format("INSERT INTO temp.doubt SELECT id, 0, wire_size, date, message_id_hash,"
                  " substr(digest, 1, 8), 0 FROM main.message WHERE {} AND state IN (12, 15)"
                  " AND (wire_size IN (SELECT size FROM temp.seen)"
                  " OR date IN (SELECT date FROM temp.seen))",
                  kInMailbox),
      reconciling_->mailbox));
  MBOXFERRY_TRY(index_scratch(*database_));
  MBOXFERRY_TRY(database_->script("CREATE INDEX temp.doubt_date ON doubt(date);"));
  reconciling_->indexed = true;
  return transaction.commit();
}

Result<std::vector<Journal::Suspect>> SqliteJournal::suspects(Uid after, std::size_t limit) {
  const std::lock_guard guard(mutex_);
  if (!reconciling_) return misuse("no copies are looked for");
  if (!reconciling_->indexed) MBOXFERRY_TRY(fill_originals());
  MBOXFERRY_ASSIGN(Query query,
                   database_->query("SELECT uid, size, date, EXISTS (SELECT 1 FROM temp.doubt d"
                                    " WHERE d.size = s.size AND d.taken = 0)"
                                    " OR EXISTS (SELECT 1 FROM temp.doubt d WHERE d.date = s.date)"
                                    " FROM temp.seen s WHERE uid > ?1 ORDER BY uid LIMIT ?2",
                                    std::int64_t{after}, static_cast<std::int64_t>(limit)));
  std::vector<Suspect> found;
  for (;;) {
    MBOXFERRY_ASSIGN(const bool more, query.next());
    if (!more) return found;
    found.push_back({{.uid = static_cast<Uid>(query.integer(0)),
                      .size = static_cast<std::uint64_t>(query.integer(1)),
                      .date = query.integer(2)},
                     query.integer(3) != 0});
  }
}

Result<std::optional<MessageRow>> SqliteJournal::original_of(const Seen& seen,
                                                             const std::optional<Digest>& digest) {
  const std::lock_guard guard(mutex_);
  if (!reconciling_) return misuse("no copies are looked for");
  // Without a digest the caller looks closer: a server that alters mail shows another size.
  const char* agrees = digest ? "d.size = ?2 AND d.date = ?3" : "?2 >= 0 AND d.date = ?3";
  if (seen.message_id_hash != 0) agrees = "(d.size = ?2 OR d.date = ?3)";
  const std::string where = fmt::format(
      "WHERE m.id = (SELECT min(d.id) FROM temp.doubt d JOIN main.message o ON o.id = d.id"
      " WHERE d.message_id_hash = ?1 AND d.taken = 0 AND {}{})",
      agrees, digest ? " AND d.digest_head = ?4 AND o.digest = ?5" : "");
  const auto ask = [&]() {
    if (!digest) {
      return database_->query(kSelectMessage + where, seen.message_id_hash, to_disk(seen.size),
                              seen.date);
    }
    return database_->query(kSelectMessage + where, seen.message_id_hash, to_disk(seen.size),
                            seen.date, Blob(*digest).first(8), Blob(*digest));
  };
  MBOXFERRY_ASSIGN(Query query, ask());
  MBOXFERRY_ASSIGN(auto rows, read_messages(std::move(query), database_->path()));
  if (rows.empty()) return std::optional<MessageRow>();
  return std::optional<MessageRow>(std::move(rows.front()));
}

Result<bool> SqliteJournal::was_resent(MessageId message) const {
  const std::lock_guard guard(mutex_);
  MBOXFERRY_ASSIGN(
      const std::int64_t found,
      database_->number("SELECT EXISTS(SELECT 1 FROM resent WHERE message = ?1)", message));
  return found != 0;
}

}  // namespace mboxferry::journal
