// SPDX-License-Identifier: Apache-2.0
// Mail on the server that a journal does not know, and that may be its job's own.
#include <fmt/format.h>

#include <algorithm>

#include "journal/rows.h"
#include "journal/schema.h"
#include "journal/sqlite_journal.h"

namespace mboxferry::journal {
namespace {

/// True of planned messages that something seen may be. A server may have changed a size, and given
/// a Message-ID to a message without one.
constexpr const char* kMayHaveBeenSeen =
    "((message_id_hash <> 0 AND (message_id_hash, date) IN"
    " (SELECT message_id_hash, date FROM temp.seen))"
    " OR (message_id_hash = 0 AND date IN (SELECT date FROM temp.seen))"
    " OR (wire_size, date) IN (SELECT size, date FROM temp.seen))";
/// The same where it has changed the date, too.
constexpr const char* kMayHaveBeenSeenAtAnyDate =
    "((message_id_hash <> 0 AND message_id_hash IN (SELECT message_id_hash FROM temp.seen))"
    " OR (message_id_hash = 0 AND (date IN (SELECT date FROM temp.seen)"
    " OR wire_size IN (SELECT size FROM temp.seen WHERE message_id_hash = 0)))"
    " OR (wire_size, date) IN (SELECT size, date FROM temp.seen))";

}  // namespace

Result<std::vector<UidRange>> SqliteJournal::unknown_uids(MailboxId mailbox, Uid next,
                                                          std::size_t most) const {
  const std::lock_guard guard(mutex_);
  MBOXFERRY_ASSIGN(const std::int64_t before,
                   database_->number("SELECT uid_floor FROM main.mailbox WHERE id = ?1", mailbox));
  const std::int64_t floor = std::max(before, std::int64_t{1});
  std::vector<UidRange> unknown;
  if (floor >= next) return unknown;
  const std::string known = fmt::format(
      "SELECT uid + {} AS uid FROM main.message WHERE {} AND state = 12 AND uid >= ?2 AND uid < ?3",
      kUidBias, kInMailbox);
  const std::int64_t first = uid_to_disk(static_cast<Uid>(floor));
  MBOXFERRY_ASSIGN(const std::int64_t stored,
                   database_->number(fmt::format("SELECT count(*) FROM ({})", known), mailbox,
                                     first, uid_to_disk(next)));
  if (stored == next - floor) return unknown;
  // The last row stands for the end.
  MBOXFERRY_ASSIGN(
      Query query,
      database_->query(
          fmt::format("SELECT before + 1, uid - 1 FROM (SELECT uid, lag(uid, 1, {} - 1) OVER"
                      " (ORDER BY uid) AS before FROM ({} UNION ALL SELECT {}))"
                      " WHERE uid > before + 1 ORDER BY uid",
                      floor, known, next),
          mailbox, first, uid_to_disk(next)));
  for (;;) {
    MBOXFERRY_ASSIGN(const bool more, query.next());
    if (!more) return unknown;
    const UidRange range{static_cast<Uid>(query.integer(0)), static_cast<Uid>(query.integer(1))};
    unknown.push_back(range);
    if (unknown.size() > most) unknown = {{unknown.front().first, next - 1}};
    if (unknown.size() == 1 && unknown.front().last == next - 1) return unknown;
  }
}

Result<SeenUnknown> SqliteJournal::narrow_to_seen(bool any_date) {
  const std::lock_guard guard(mutex_);
  if (!reconciling_ || reconciling_->which != Unidentified::unknown)
    return misuse("nothing unknown was looked for");
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_, Transaction::Kind::scratch));
  SeenUnknown seen;
  MBOXFERRY_ASSIGN(seen.others, count_rows("temp.seen"));
  MBOXFERRY_ASSIGN(const std::int64_t lowest,
                   database_->number("SELECT coalesce(min(uid), 0) FROM temp.seen"));
  seen.lowest = static_cast<Uid>(lowest);
  MBOXFERRY_TRY(
      database_->run(fmt::format("UPDATE temp.seen SET taken = 1 WHERE uid IN (SELECT uid + {}"
                                 " FROM main.message WHERE {} AND state = 14 AND uid >= ?2)",
                                 kUidBias, kInMailbox),
                     reconciling_->mailbox, uid_to_disk(reconciling_->uid_floor)));
  MBOXFERRY_ASSIGN(
      const std::int64_t wanted,
      database_->run(
          fmt::format("INSERT INTO temp.doubt SELECT id, 1, wire_size, date, message_id_hash,"
                      " substr(digest, 1, 8), 0 FROM main.message WHERE {} AND state = 10 AND {}",
                      kInMailbox, any_date ? kMayHaveBeenSeenAtAnyDate : kMayHaveBeenSeen),
          reconciling_->mailbox));
  seen.wanted = static_cast<std::uint64_t>(wanted);
  MBOXFERRY_TRY(transaction.commit());
  reconciling_->certain_known = false;
  return seen;
}

}  // namespace mboxferry::journal
