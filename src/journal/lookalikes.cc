// SPDX-License-Identifier: Apache-2.0
// Messages in doubt beside what the server has in another form.
#include <fmt/format.h>

#include "journal/rows.h"
#include "journal/schema.h"
#include "journal/sqlite_journal.h"

namespace mboxferry::journal {
namespace {

/// Whether ?-free row `s` can be row `d` in another form. A server may have given a Message-ID to a
/// message without one.
std::string resembles(bool any_date, bool other_id) {
  const std::string_view same_date = any_date ? "1" : "s.date = d.date";
  if (other_id)
    return fmt::format(
        "s.taken = 0 AND d.message_id_hash <> 0 AND s.message_id_hash <> 0 AND {0}"
        " AND NOT EXISTS (SELECT 1 FROM temp.doubt o WHERE o.message_id_hash = s.message_id_hash)",
        same_date);
  return fmt::format(
      "s.taken = 0 AND ((d.message_id_hash <> 0 AND s.message_id_hash = d.message_id_hash AND {0})"
      " OR (d.message_id_hash = 0 AND {0} AND NOT EXISTS (SELECT 1 FROM temp.doubt o"
      " WHERE o.message_id_hash = s.message_id_hash AND o.message_id_hash <> 0)))",
      same_date);
}

}  // namespace

Result<std::vector<MessageRow>> SqliteJournal::last_stored(MailboxId mailbox,
                                                           std::size_t limit) const {
  const std::lock_guard guard(mutex_);
  static const std::string kSql =
      kSelectMessage + fmt::format(
                           "WHERE m.id IN (SELECT id FROM main.message WHERE {} AND state = 12"
                           " ORDER BY id DESC LIMIT ?2) ORDER BY m.uid",
                           kInMailbox);
  MBOXFERRY_ASSIGN(Query query, database_->query(kSql, mailbox, static_cast<std::int64_t>(limit)));
  return read_messages(std::move(query), database_->path());
}

Result<void> SqliteJournal::index_lookalikes() {
  if (reconciling_->lookalikes_indexed) return ok();
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_, Transaction::Kind::scratch));
  if (!reconciling_->indexed) MBOXFERRY_TRY(index_scratch(*database_));
  MBOXFERRY_TRY(
      database_->script("CREATE INDEX temp.seen_hash ON seen(message_id_hash, date);"
                        "CREATE INDEX temp.seen_date ON seen(date);"
                        "CREATE INDEX temp.doubt_id_date ON doubt(message_id_hash, date);"));
  MBOXFERRY_TRY(transaction.commit());
  reconciling_->indexed = true;
  reconciling_->lookalikes_indexed = true;
  return ok();
}

Result<std::optional<Journal::Lookalikes>> SqliteJournal::next_lookalikes(MessageId after,
                                                                          bool any_date,
                                                                          bool other_id) {
  const std::lock_guard guard(mutex_);
  if (!reconciling_) return misuse("nothing is being reconciled");
  MBOXFERRY_TRY(index_lookalikes());
  const std::string alike = resembles(any_date, other_id);
  Lookalikes found;
  {
    MBOXFERRY_ASSIGN(
        Query query,
        database_->query(
            fmt::format("SELECT d.id FROM temp.doubt d WHERE d.id > ?1 AND d.taken = 0"
                        " AND EXISTS (SELECT 1 FROM temp.seen s WHERE {}) ORDER BY d.id LIMIT 1",
                        alike),
            after));
    MBOXFERRY_ASSIGN(const bool more, query.next());
    if (!more) return std::optional<Lookalikes>();
    found.first = query.integer(0);
  }
  MBOXFERRY_ASSIGN(
      Query doubtful,
      database_->query(
          kSelectMessage +
              fmt::format(
                  "WHERE m.id IN (SELECT o.id FROM temp.doubt d JOIN temp.doubt o"
                  " ON {} AND {} WHERE d.id = ?1"
                  " AND o.taken = 0 LIMIT ?2) ORDER BY m.state DESC, m.id",
                  other_id ? "o.message_id_hash <> 0" : "o.message_id_hash = d.message_id_hash",
                  any_date ? "1" : "o.date = d.date"),
          found.first, static_cast<std::int64_t>(kMostAlike + 1)));
  MBOXFERRY_ASSIGN(found.doubtful, read_messages(std::move(doubtful), database_->path()));
  MBOXFERRY_ASSIGN(
      Query seen,
      database_->query(
          fmt::format("SELECT s.uid, s.size, s.date, s.message_id_hash FROM temp.doubt d"
                      " JOIN temp.seen s ON {} WHERE d.id = ?1 ORDER BY s.uid LIMIT ?2",
                      alike),
          found.first, static_cast<std::int64_t>(kMostAlike + 1)));
  for (;;) {
    MBOXFERRY_ASSIGN(const bool more, seen.next());
    if (!more) break;
    found.seen.push_back({.uid = static_cast<Uid>(seen.integer(0)),
                          .size = static_cast<std::uint64_t>(seen.integer(1)),
                          .date = seen.integer(2),
                          .message_id_hash = seen.integer(3)});
  }
  found.complete = found.doubtful.size() <= kMostAlike && found.seen.size() <= kMostAlike;
  return std::optional(std::move(found));
}

Result<void> SqliteJournal::hold(std::span<const MessageId> messages) {
  const std::lock_guard guard(mutex_);
  if (!reconciling_) return misuse("nothing is being reconciled");
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_, Transaction::Kind::scratch));
  for (const MessageId message : messages) {
    MBOXFERRY_TRY(
        database_->run("UPDATE temp.doubt SET taken = 2 WHERE id = ?1 AND taken = 0", message));
  }
  return transaction.commit();
}

Result<void> SqliteJournal::set_unproven(std::span<const Uid> uids) {
  const std::lock_guard guard(mutex_);
  if (!reconciling_) return misuse("nothing is being reconciled");
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_, Transaction::Kind::scratch));
  for (const Uid uid : uids) {
    MBOXFERRY_TRY(database_->run("UPDATE temp.seen SET taken = 2 WHERE uid = ?1 AND taken = 0",
                                 std::int64_t{uid}));
    MBOXFERRY_TRY(database_->run("DELETE FROM temp.certain WHERE uid = ?1", std::int64_t{uid}));
  }
  return transaction.commit();
}

Result<void> SqliteJournal::hold_unproven() {
  const std::lock_guard guard(mutex_);
  if (!reconciling_) return misuse("nothing is being reconciled");
  MBOXFERRY_TRY(index_lookalikes());
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_, Transaction::Kind::scratch));
  MBOXFERRY_TRY(database_->run(
      "UPDATE temp.doubt SET taken = 2 WHERE taken = 0 AND in_doubt = 1 AND id IN"
      " (SELECT d.id FROM temp.seen s CROSS JOIN temp.doubt d INDEXED BY doubt_id_date"
      " ON d.message_id_hash = s.message_id_hash WHERE s.taken = 2 AND"
      " (d.size = s.size OR (d.message_id_hash <> 0 AND d.date = s.date)))"));
  return transaction.commit();
}

Result<void> SqliteJournal::leave_out_ledger() {
  const std::lock_guard guard(mutex_);
  if (!reconciling_) return misuse("nothing is being reconciled");
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_, Transaction::Kind::scratch));
  MBOXFERRY_TRY(database_->run(
      fmt::format("INSERT OR IGNORE INTO temp.known SELECT uid + 2147483648 FROM main.message"
                  " WHERE {} AND state = 12",
                  kInMailbox),
      reconciling_->mailbox));
  return transaction.commit();
}

Result<void> SqliteJournal::begin_moved(MailboxId mailbox,
                                        std::span<const std::pair<MessageId, MessageId>> messages) {
  const std::lock_guard guard(mutex_);
  reconciling_.reset();
  MBOXFERRY_ASSIGN(const std::int64_t floor,
                   database_->number("SELECT uid_floor FROM main.mailbox WHERE id = ?1", mailbox));
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_, Transaction::Kind::scratch));
  MBOXFERRY_TRY(create_scratch(*database_));
  for (const auto& [first, last] : messages) {
    MBOXFERRY_TRY(
        database_->run("INSERT INTO temp.doubt SELECT id, 0, wire_size, date, message_id_hash,"
                       " substr(digest, 1, 8), 0 FROM main.message"
                       " WHERE id BETWEEN ?1 AND ?2 AND mailbox = ?3 AND state = 12",
                       first, last, mailbox));
  }
  MBOXFERRY_TRY(transaction.commit());
  reconciling_ = Reconciling{
      .mailbox = mailbox, .which = Unidentified::moved, .uid_floor = static_cast<Uid>(floor)};
  return leave_out_ledger();
}

Result<void> SqliteJournal::end_reconcile() {
  const std::lock_guard guard(mutex_);
  reconciling_.reset();
  return drop_scratch(*database_);
}

}  // namespace mboxferry::journal
