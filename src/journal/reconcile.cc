// SPDX-License-Identifier: Apache-2.0
// Deciding for each message in doubt whether the server has it.
//
// A stored message whose UID the server did not tell takes part: its copy on the server must not
// be given to an equal message that is in doubt, which would then be lost. That is why it goes
// first in doubtful_with_digest(), and why the UID floor then covers the whole job.
#include <fmt/format.h>

#include <algorithm>

#include "journal/rows.h"
#include "journal/schema.h"
#include "journal/sqlite_journal.h"
#include "journal/transitions.h"
#include "mboxferry/base/crash_point.h"

namespace mboxferry::journal {

namespace {

/// True where the messages that are looked for are planned, and those that are found are skipped.
bool is_of_planned(Unidentified which) {
  return which == Unidentified::planned || which == Unidentified::unknown;
}

/// What is in doubt and no UID was found for.
constexpr const char* kRest =
    " WHERE state = 11 AND id IN (SELECT id FROM temp.doubt WHERE in_doubt = 1 AND taken = 0)";

}  // namespace

Result<Journal::Doubt> SqliteJournal::doubt_locked(MailboxId mailbox) const {
  Doubt doubt;
  {
    MBOXFERRY_ASSIGN(Query query,
                     database_->query("SELECT count(*), coalesce(sum(wire_size), 0) FROM message"
                                      " WHERE mailbox = ?1 AND state = 11",
                                      mailbox));
    MBOXFERRY_ASSIGN(const bool row, query.next());
    if (row) {
      doubt.count = {.messages = static_cast<std::uint64_t>(query.integer(0)),
                     .bytes = static_cast<std::uint64_t>(query.integer(1))};
    }
  }
  // With several intents the oldest names the UIDVALIDITY: doubt_everything() replaces them all
  // when it changes.
  MBOXFERRY_ASSIGN(Query query,
                   database_->query("SELECT min(uid_floor), (SELECT uid_validity FROM intent"
                                    " WHERE mailbox = ?1 ORDER BY id LIMIT 1), count(*)"
                                    " FROM intent WHERE mailbox = ?1",
                                    mailbox));
  MBOXFERRY_ASSIGN(const bool row, query.next());
  if (row && query.integer(2) > 0) {
    doubt.uid_floor = static_cast<Uid>(query.integer(0));
    doubt.uid_validity = static_cast<std::uint32_t>(query.integer(1));
  }
  MBOXFERRY_ASSIGN(
      const std::int64_t without_uid,
      database_->number("SELECT EXISTS(SELECT 1 FROM message WHERE mailbox = ?1 AND state = 15)",
                        mailbox));
  if (without_uid == 0) return doubt;
  doubt.stored_without_uid = true;
  MBOXFERRY_ASSIGN(
      Query job,
      database_->query("SELECT uid_floor, uid_validity FROM mailbox WHERE id = ?1", mailbox));
  MBOXFERRY_ASSIGN(const bool known, job.next());
  const Uid floor = known ? static_cast<Uid>(job.integer(0)) : 1;
  const bool intents = doubt.uid_validity != 0 || doubt.uid_floor != 0;
  doubt.uid_floor = intents ? std::min(doubt.uid_floor, floor) : floor;
  if (!intents && known) doubt.uid_validity = static_cast<std::uint32_t>(job.integer(1));
  return doubt;
}

Result<Journal::Doubt> SqliteJournal::doubt(MailboxId mailbox) const {
  const std::lock_guard guard(mutex_);
  return doubt_locked(mailbox);
}

Result<void> SqliteJournal::fill_doubt(MailboxId mailbox, Unidentified which) {
  const auto fill = [&](std::string_view where, std::int64_t in_doubt) {
    return database_->run(
        fmt::format("INSERT INTO temp.doubt SELECT id, ?2, wire_size, date, message_id_hash,"
                    " substr(digest, 1, 8), 0 FROM main.message WHERE {}",
                    where),
        mailbox, in_doubt);
  };
  if (which == Unidentified::planned) {
    MBOXFERRY_TRY(fill(std::string(kInMailbox) + " AND state = 10", 1));
    return ok();
  }
  // What is planned comes with narrow_to_seen().
  if (which == Unidentified::in_doubt) MBOXFERRY_TRY(fill("mailbox = ?1 AND state = 11", 1));
  MBOXFERRY_TRY(fill("mailbox = ?1 AND state = 15", 0));
  return ok();
}

Result<void> SqliteJournal::begin_reconcile(MailboxId mailbox, Unidentified which) {
  const std::lock_guard guard(mutex_);
  reconciling_.reset();
  const bool planned = which == Unidentified::planned;
  MBOXFERRY_ASSIGN(Doubt doubt, doubt_locked(mailbox));
  if (is_of_planned(which)) {
    MBOXFERRY_ASSIGN(
        const std::int64_t floor,
        database_->number("SELECT uid_floor FROM main.mailbox WHERE id = ?1", mailbox));
    doubt.uid_floor = static_cast<Uid>(floor);
  }
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_, Transaction::Kind::scratch));
  MBOXFERRY_TRY(create_scratch(*database_));
  MBOXFERRY_TRY(fill_doubt(mailbox, which));
  // A skipped message has a UID when it was found among what was there before the job.
  MBOXFERRY_TRY(database_->run(
      fmt::format("INSERT OR IGNORE INTO temp.known SELECT uid + 2147483648 FROM main.message"
                  " WHERE {} AND state = ?3 AND uid >= ?2",
                  kInMailbox),
      mailbox, uid_to_disk(planned ? 1 : doubt.uid_floor),
      to_disk(planned ? DiskState::skipped : DiskState::stored)));
  MBOXFERRY_TRY(transaction.commit());
  reconciling_ = Reconciling{.mailbox = mailbox, .which = which, .uid_floor = doubt.uid_floor};
  return ok();
}

Result<void> SqliteJournal::add_seen(std::span<const Seen> seen) {
  const std::lock_guard guard(mutex_);
  if (!reconciling_) return misuse("nothing is being reconciled");
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_, Transaction::Kind::scratch));
  for (const Seen& one : seen) {
    // What lies below the floor was there before anything in doubt was sent.
    const bool before = one.uid < reconciling_->uid_floor;
    const bool wanted = before == (reconciling_->which == Unidentified::planned);
    if (!wanted || one.uid == 0) continue;
    MBOXFERRY_TRY(
        database_->run("INSERT OR IGNORE INTO temp.seen SELECT ?1, ?2, ?3, ?4, 0"
                       " WHERE NOT EXISTS (SELECT 1 FROM temp.known WHERE uid = ?1)",
                       std::int64_t{one.uid}, to_disk(one.size), one.date, one.message_id_hash));
  }
  MBOXFERRY_TRY(transaction.commit());
  reconciling_->certain_known = false;
  return ok();
}

Result<void> SqliteJournal::find_certain() {
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_, Transaction::Kind::scratch));
  MBOXFERRY_TRY(database_->run("DELETE FROM temp.certain"));
  // Taken rows count too: once a key is shared, only the digest decides. One sort over both
  // tables costs the same however many messages share a key; a join would not.
  MBOXFERRY_TRY(database_->run(
      "INSERT INTO temp.certain SELECT max(id), max(uid) FROM"
      " (SELECT size, date, message_id_hash, id, NULL AS uid, taken FROM temp.doubt"
      " UNION ALL SELECT size, date, message_id_hash, NULL, uid, taken FROM temp.seen)"
      " WHERE message_id_hash <> 0 GROUP BY size, date, message_id_hash"
      " HAVING count(id) = 1 AND count(uid) = 1 AND max(taken) = 0 ORDER BY 1"));
  return transaction.commit();
}

/// Pairs of the table `certain`, which is brought up to date before.
Result<std::vector<Stored>> SqliteJournal::certain(const std::string& sql, std::int64_t number) {
  const std::lock_guard guard(mutex_);
  if (!reconciling_) return misuse("nothing is being reconciled");
  if (!reconciling_->certain_known) {
    MBOXFERRY_TRY(find_certain());
    reconciling_->certain_known = true;
  }
  MBOXFERRY_ASSIGN(Query query, database_->query(sql, number));
  std::vector<Stored> matches;
  while (true) {
    MBOXFERRY_ASSIGN(const bool more, query.next());
    if (!more) return matches;
    matches.push_back({.message = query.integer(0), .uid = static_cast<Uid>(query.integer(1))});
  }
}

Result<std::vector<Stored>> SqliteJournal::certain_matches(std::size_t limit) {
  return certain("SELECT message, uid FROM temp.certain ORDER BY message LIMIT ?1",
                 static_cast<std::int64_t>(limit));
}

Result<std::vector<Stored>> SqliteJournal::certain_sample(std::size_t count) {
  return certain(
      "SELECT message, uid FROM (SELECT message, uid, row_number() OVER (ORDER BY message) AS n,"
      " count(*) OVER () AS total FROM temp.certain)"
      " WHERE n = 1 OR (n - 1) * ?1 / total <> (n - 2) * ?1 / total ORDER BY message",
      static_cast<std::int64_t>(count));
}

Result<std::vector<Stored>> SqliteJournal::certain_repeated(std::size_t limit) {
  return certain(
      "SELECT c.message, c.uid FROM temp.certain c JOIN temp.doubt d ON d.id = c.message"
      " WHERE d.message_id_hash IN (SELECT message_id_hash FROM temp.doubt"
      " GROUP BY message_id_hash HAVING count(*) > 1 UNION SELECT message_id_hash FROM temp.seen"
      " GROUP BY message_id_hash HAVING count(*) > 1) ORDER BY c.message LIMIT ?1",
      static_cast<std::int64_t>(limit));
}

Result<void> SqliteJournal::reject(std::span<const Stored> pairs) {
  const std::lock_guard guard(mutex_);
  if (!reconciling_) return misuse("nothing is being reconciled");
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_, Transaction::Kind::scratch));
  for (const Stored& pair : pairs) {
    MBOXFERRY_TRY(database_->run("DELETE FROM temp.certain WHERE message = ?1 OR uid = ?2",
                                 pair.message, std::int64_t{pair.uid}));
    MBOXFERRY_TRY(
        database_->run("UPDATE temp.seen SET taken = 1 WHERE uid = ?1", std::int64_t{pair.uid}));
  }
  return transaction.commit();
}

Result<std::optional<Seen>> SqliteJournal::next_ambiguous(Uid after) {
  const std::lock_guard guard(mutex_);
  if (!reconciling_) return misuse("nothing is being reconciled");
  if (!reconciling_->indexed) {
    MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_, Transaction::Kind::scratch));
    MBOXFERRY_TRY(index_scratch(*database_));
    MBOXFERRY_TRY(transaction.commit());
    reconciling_->indexed = true;
  }
  // What was there before the job can be much, and most of it other mail of the same size: there,
  // the size counts only for messages without Message-ID; status fields may have changed since.
  const std::string same_size =
      !is_of_planned(reconciling_->which)
          ? "EXISTS (SELECT 1 FROM temp.doubt d WHERE d.size = s.size AND d.taken = 0)"
          : fmt::format(
                "(s.message_id_hash = 0 AND (EXISTS (SELECT 1 FROM temp.doubt d INDEXED BY "
                "doubt_no_id"
                " WHERE d.size BETWEEN s.size - {1} AND s.size + {1} AND d.message_id_hash = 0"
                " AND d.taken = 0)"
                " OR EXISTS (SELECT 1 FROM temp.doubt d WHERE d.message_id_hash = 0"
                " AND d.date = s.date AND d.size BETWEEN s.size - {0} AND s.size + {0}"
                " AND d.taken = 0)))",
                kStatusRoom, kMarkRoom);
  MBOXFERRY_ASSIGN(
      Query query,
      database_->query(
          fmt::format(
              "SELECT uid, size, date, message_id_hash FROM temp.seen s WHERE uid > ?1 AND taken = "
              "0 AND ({}"
              " OR (s.message_id_hash <> 0 AND EXISTS (SELECT 1 FROM temp.doubt d"
              " WHERE d.message_id_hash = s.message_id_hash AND d.taken = 0)))"
              " ORDER BY uid LIMIT 1",
              same_size),
          std::int64_t{after}));
  MBOXFERRY_ASSIGN(const bool found, query.next());
  if (!found) return std::optional<Seen>();
  return std::optional<Seen>(Seen{.uid = static_cast<Uid>(query.integer(0)),
                                  .size = static_cast<std::uint64_t>(query.integer(1)),
                                  .date = query.integer(2),
                                  .message_id_hash = query.integer(3)});
}

Result<std::optional<MessageId>> SqliteJournal::doubtful_with_digest(const Digest& digest,
                                                                     std::int64_t date) const {
  const std::lock_guard guard(mutex_);
  if (!reconciling_) return misuse("nothing is being reconciled");
  // Two questions instead of one order, so that an index answers both for very many equal copies.
  for (const char* const of_date : {"d.date = ?3", "?3 IS NOT NULL"}) {
    MBOXFERRY_ASSIGN(
        Query query,
        database_->query(
            fmt::format("SELECT d.id FROM temp.doubt d CROSS JOIN main.message m ON m.id = d.id"
                        " WHERE d.digest_head = ?1 AND d.taken = 0 AND m.digest = ?2 AND {}"
                        " ORDER BY d.in_doubt, d.id LIMIT 1",
                        of_date),
            Blob(digest).first(8), Blob(digest), date));
    MBOXFERRY_ASSIGN(const bool found, query.next());
    if (found) return std::optional<MessageId>(query.integer(0));
  }
  return std::optional<MessageId>();
}

Result<std::optional<MessageRow>> SqliteJournal::doubtful_of_size(std::uint64_t size,
                                                                  MessageId after) const {
  const std::lock_guard guard(mutex_);
  if (!reconciling_) return misuse("nothing is being reconciled");
  static const std::string kSql =
      kSelectMessage +
      "WHERE m.id = (SELECT min(d.id) FROM temp.doubt d WHERE d.size = ?1 AND d.id > ?2"
      " AND d.taken = 0)";
  MBOXFERRY_ASSIGN(Query query, database_->query(kSql, to_disk(size), after));
  MBOXFERRY_ASSIGN(auto rows, read_messages(std::move(query), database_->path()));
  if (rows.empty()) return std::optional<MessageRow>();
  return std::optional<MessageRow>(std::move(rows.front()));
}

Result<std::int64_t> SqliteJournal::apply_match(const Stored& match) {
  if (!is_of_planned(reconciling_->which)) {
    return database_->run(
        "UPDATE main.message SET state = 12, uid = ?2"
        " WHERE id = ?1 AND mailbox = ?3 AND (state IN (11, 15) OR (?4 AND state = 12))",
        match.message, uid_to_disk(match.uid), reconciling_->mailbox,
        std::int64_t{reconciling_->which == Unidentified::moved});
  }
  MBOXFERRY_ASSIGN(const std::int64_t stored,
                   database_->run("UPDATE main.message SET state = 12, uid = ?2 WHERE id = ?1 AND"
                                  " mailbox = ?3 AND state = 15",
                                  match.message, uid_to_disk(match.uid), reconciling_->mailbox));
  if (stored == 1) return stored;
  MBOXFERRY_TRY(database_->run("INSERT INTO reason(message, code, text) VALUES(?1, ?2, ?3)",
                               match.message, std::string_view("already-there"),
                               std::string_view(fmt::format("as UID {}", match.uid))));
  return database_->run(
      "UPDATE main.message SET state = 14, uid = ?2 WHERE id = ?1 AND mailbox = ?3 AND state = 10",
      match.message, uid_to_disk(match.uid), reconciling_->mailbox);
}

Result<void> SqliteJournal::commit_matches(std::span<const Stored> matches) {
  if (matches.empty()) return ok();
  {
    const std::lock_guard guard(mutex_);
    if (!reconciling_) return misuse("nothing is being reconciled");
    MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_));
    for (const Stored& match : matches) {
      MBOXFERRY_ASSIGN(const std::int64_t message, apply_match(match));
      MBOXFERRY_ASSIGN(const std::int64_t uid,
                       database_->run("UPDATE temp.seen SET taken = 1 WHERE uid = ?1 AND taken = 0",
                                      std::int64_t{match.uid}));
      if (message != 1 || uid != 1) {
        return misuse(
            fmt::format("message {} cannot be matched with UID {}", match.message, match.uid));
      }
      MBOXFERRY_TRY(database_->run("UPDATE temp.doubt SET taken = 1 WHERE id = ?1", match.message));
      MBOXFERRY_TRY(database_->run("DELETE FROM temp.certain WHERE message = ?1 OR uid = ?2",
                                   match.message, std::int64_t{match.uid}));
    }
    MBOXFERRY_TRY(forget_settled_intents(*database_));
    MBOXFERRY_TRY(transaction.commit());
  }
  crash_point("reconcile-decided");
  return ok();
}

Result<std::uint64_t> SqliteJournal::plan_rest_again() {
  return decide_rest([this]() -> Result<std::int64_t> {
    MBOXFERRY_TRY(database_->run(
        fmt::format("INSERT OR IGNORE INTO main.resent SELECT id FROM main.message{}", kRest)));
    return database_->run(fmt::format("UPDATE main.message SET state = 10{}", kRest));
  });
}

Result<std::uint64_t> SqliteJournal::leave_rest_out(std::string_view code, std::string_view text,
                                                    const std::string& note) {
  return decide_rest([&]() -> Result<std::int64_t> {
    MBOXFERRY_TRY(
        database_->run(fmt::format("INSERT OR REPLACE INTO main.reason(message, code, text)"
                                   " SELECT id, ?1, ?2 FROM main.message{}",
                                   kRest),
                       code, text));
    MBOXFERRY_TRY(database_->run("DELETE FROM main.note WHERE name = ?1", std::string_view(note)));
    return database_->run(fmt::format("UPDATE main.message SET state = 14{}", kRest));
  });
}

/// `decide` says what becomes of what no UID was found for, and how many they are; with it the
/// reconciliation ends.
Result<std::uint64_t> SqliteJournal::decide_rest(
    const std::function<Result<std::int64_t>()>& decide) {
  std::int64_t decided = 0;
  {
    const std::lock_guard guard(mutex_);
    if (!reconciling_) return misuse("nothing is being reconciled");
    MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_));
    MBOXFERRY_ASSIGN(decided, decide());
    MBOXFERRY_TRY(forget_settled_intents(*database_));
    MBOXFERRY_TRY(drop_scratch(*database_));
    MBOXFERRY_TRY(transaction.commit());
    reconciling_.reset();
  }
  crash_point("reconcile-decided");
  return static_cast<std::uint64_t>(decided);
}

Result<void> SqliteJournal::forget_uids(MailboxId mailbox) {
  const std::lock_guard guard(mutex_);
  if (reconciling_ && reconciling_->mailbox == mailbox) reconciling_.reset();
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_));
  MBOXFERRY_TRY(database_->run(
      fmt::format("UPDATE message SET state = 15, uid = ?2 WHERE {} AND state = 12", kInMailbox),
      mailbox, uid_to_disk(0)));
  return transaction.commit();
}

Result<void> SqliteJournal::doubt_everything(MailboxId mailbox, std::uint32_t new_uid_validity) {
  const std::lock_guard guard(mutex_);
  if (reconciling_ && reconciling_->mailbox == mailbox) reconciling_.reset();
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_));
  MBOXFERRY_ASSIGN(const std::int64_t known,
                   database_->run("UPDATE mailbox SET uid_validity = ?2, uid_floor = 1,"
                                  " renewed = 1 WHERE id = ?1",
                                  mailbox, std::int64_t{new_uid_validity}));
  if (known != 1) return misuse(fmt::format("there is no mailbox {}", mailbox));
  MBOXFERRY_TRY(database_->run(
      fmt::format("UPDATE message SET state = 11, uid = ?2 WHERE {} AND state IN (12, 15)",
                  kInMailbox),
      mailbox, uid_to_disk(0)));
  MBOXFERRY_TRY(database_->run("DELETE FROM intent WHERE mailbox = ?1", mailbox));
  MBOXFERRY_TRY(database_->run(
      "INSERT INTO intent(mailbox, uid_validity, uid_floor, first_message, last_message)"
      " SELECT ?1, ?2, 1, first_message, last_message FROM mailbox_range WHERE mailbox = ?1",
      mailbox, std::int64_t{new_uid_validity}));
  MBOXFERRY_TRY(forget_settled_intents(*database_));
  return transaction.commit();
}

Result<std::uint64_t> SqliteJournal::doubt_left_out(MailboxId mailbox, std::string_view code) {
  const std::lock_guard guard(mutex_);
  if (reconciling_ && reconciling_->mailbox == mailbox) reconciling_.reset();
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_));
  const std::string of_code = fmt::format(
      "{} AND state = 14 AND id IN (SELECT message FROM reason WHERE code = ?2)", kInMailbox);
  MBOXFERRY_TRY(database_->run(
      fmt::format("INSERT INTO intent(mailbox, uid_validity, uid_floor, first_message,"
                  " last_message) SELECT ?1, (SELECT uid_validity FROM mailbox WHERE id = ?1), 1,"
                  " min(id), max(id) FROM message WHERE {} HAVING count(*) > 0",
                  of_code),
      mailbox, code));
  MBOXFERRY_ASSIGN(
      const std::int64_t doubted,
      database_->run(fmt::format("UPDATE message SET state = 11, uid = ?3 WHERE {}", of_code),
                     mailbox, code, uid_to_disk(0)));
  MBOXFERRY_TRY(database_->run(fmt::format("DELETE FROM reason WHERE code = ?2 AND message IN"
                                           " (SELECT id FROM message WHERE {} AND state = 11)",
                                           kInMailbox),
                               mailbox, code));
  MBOXFERRY_TRY(transaction.commit());
  return static_cast<std::uint64_t>(doubted);
}

}  // namespace mboxferry::journal
