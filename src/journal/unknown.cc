// SPDX-License-Identifier: Apache-2.0
// Mail on the server that a journal does not know, and that may be its job's own.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

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

Result<Uid> SqliteJournal::first_unknown_uid(MailboxId mailbox) const {
  const std::lock_guard guard(mutex_);
  MBOXFERRY_ASSIGN(const std::int64_t floor,
                   database_->number("SELECT uid_floor FROM main.mailbox WHERE id = ?1", mailbox));
  MBOXFERRY_ASSIGN(
      const std::int64_t last,
      database_->number(fmt::format("SELECT coalesce(max(uid) + {}, 0) FROM main.message WHERE {}"
                                    " AND state = 12",
                                    kUidBias, kInMailbox),
                        mailbox));
  constexpr std::int64_t kLast = std::numeric_limits<Uid>::max();
  return static_cast<Uid>(std::clamp(std::max(floor, last + 1), std::int64_t{1}, kLast));
}

Result<std::uint64_t> SqliteJournal::doubt_seen(bool any_date) {
  const std::lock_guard guard(mutex_);
  if (!reconciling_ || reconciling_->which != Unidentified::unknown)
    return misuse("nothing unknown was looked for");
  const MailboxId mailbox = reconciling_->mailbox;
  const std::int64_t floor{reconciling_->uid_floor};
  reconciling_.reset();
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_));
  const std::string doubted = fmt::format("{} AND state = 10 AND {}", kInMailbox,
                                          any_date ? kMayHaveBeenSeenAtAnyDate : kMayHaveBeenSeen);
  MBOXFERRY_TRY(database_->run(
      fmt::format("INSERT INTO main.intent(mailbox, uid_validity, uid_floor, first_message,"
                  " last_message) SELECT ?1, (SELECT uid_validity FROM main.mailbox WHERE id = ?1),"
                  " ?2, min(id), max(id) FROM main.message WHERE {} HAVING count(*) > 0",
                  doubted),
      mailbox, floor));
  MBOXFERRY_ASSIGN(
      const std::int64_t number,
      database_->run(fmt::format("UPDATE main.message SET state = 11 WHERE {}", doubted), mailbox));
  MBOXFERRY_TRY(drop_scratch(*database_));
  MBOXFERRY_TRY(transaction.commit());
  return static_cast<std::uint64_t>(number);
}

}  // namespace mboxferry::journal
