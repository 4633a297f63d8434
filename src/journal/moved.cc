// SPDX-License-Identifier: Apache-2.0
// Messages that are in another file of their mailbox than the one that they were stored from.
#include <fmt/format.h>

#include <string>
#include <vector>

#include "journal/rows.h"
#include "journal/sqlite_journal.h"

namespace mboxferry::journal {
namespace {

/// What is on the server, or may be, and in no archive that is read as it was then: versions of
/// folders that others stand for, folders that are left out, and message files that lie nowhere.
constexpr const char* kFindLone =
    "INSERT INTO temp.lone_former(id, mailbox, state)"
    " SELECT m.id, m.mailbox, m.state FROM main.note n"
    " JOIN main.folder v ON v.id = CAST(substr(n.name, 9) AS INTEGER)"
    " JOIN main.message m ON m.folder = v.id AND m.id BETWEEN v.first_message AND v.last_message"
    " WHERE n.name GLOB 'retired.*' AND m.state IN (11, 12, 15)"
    " UNION ALL SELECT m.id, m.mailbox, m.state FROM main.note n"
    " JOIN main.folder v ON v.id = CAST(substr(n.name, 10) AS INTEGER)"
    " JOIN main.message m ON m.folder = v.id AND m.id BETWEEN v.first_message AND v.last_message"
    " WHERE n.name GLOB 'excluded.*' AND n.value <> '' AND (m.state IN (12, 15)"
    " OR (m.state = 14 AND m.uid <> -2147483648))"
    " UNION ALL SELECT m.id, m.mailbox, m.state FROM main.folder v JOIN main.message m"
    " ON m.folder = v.id AND m.id BETWEEN v.first_message AND v.last_message"
    " WHERE v.id IN (SELECT folder FROM temp.place)"
    " AND (m.state IN (11, 12, 15) OR (m.state = 14 AND m.uid <> -2147483648))"
    " AND NOT EXISTS (SELECT 1 FROM temp.place p WHERE p.folder = m.folder"
    " AND p.offset = m.offset AND p.lies IS NOT NULL)";

/// Sender lists may have sent one of two into another mailbox than that of their folders.
std::string pairs_of_moved(bool filed_elsewhere) {
  const std::string_view key = filed_elsewhere ? "o.mailbox, m.digest" : "m.mailbox, m.digest";
  const std::string_view filed = filed_elsewhere
                                     ? " AND EXISTS (SELECT 1 FROM main.sender_match s"
                                       " WHERE s.message IN (f.id, n.id) AND s.action IN (1, 5))"
                                     : "";
  return fmt::format(
      "INSERT INTO temp.pair SELECT f.id, n.id FROM"
      " (SELECT m.id, {0}, row_number() OVER (PARTITION BY {0}"
      " ORDER BY m.state NOT IN (12, 15), m.state <> 11, m.id) AS number"
      " FROM temp.lone_former l JOIN main.message m ON m.id = l.id"
      " JOIN main.folder o ON o.id = m.folder WHERE l.id NOT IN (SELECT former FROM temp.pair)) f"
      " JOIN (SELECT m.id, {0}, row_number() OVER (PARTITION BY {0} ORDER BY m.id) AS number"
      " FROM main.message m JOIN main.folder o ON o.id = m.folder WHERE m.state = 10"
      " AND m.digest IN (SELECT d.digest FROM temp.lone_former l JOIN main.message d ON d.id = "
      "l.id)"
      " AND NOT EXISTS (SELECT 1 FROM main.note WHERE name = 'retired.' || o.id)"
      " AND m.id NOT IN (SELECT now FROM temp.pair)) n"
      " ON n.mailbox = f.mailbox AND n.digest = f.digest AND n.number = f.number{1}",
      key, filed);
}

}  // namespace

/// Removes what was paired from folders that others stand for. A file that is gone may come back.
Result<void> SqliteJournal::leave_moved() {
  std::vector<FolderId> retired;
  {
    MBOXFERRY_ASSIGN(
        Query query,
        database_->query(
            "SELECT DISTINCT m.folder FROM temp.pair p JOIN main.message m"
            " ON m.id = p.former JOIN main.note n ON n.name = 'retired.' || m.folder"));
    for (;;) {
      MBOXFERRY_ASSIGN(const bool row, query.next());
      if (!row) break;
      retired.push_back(query.integer(0));
    }
  }
  for (const FolderId folder : retired)
    MBOXFERRY_TRY(remove_messages(folder, "id IN (SELECT former FROM temp.pair)"));
  return database_->script(
      "INSERT OR REPLACE INTO main.reason(message, code, text) SELECT m.id, 'file-gone',"
      " 'it was moved to another file of its mailbox' FROM temp.pair p"
      " JOIN main.message m ON m.id = p.former;"
      "UPDATE main.message SET state = 14, uid = -2147483648"
      " WHERE id IN (SELECT former FROM temp.pair);");
}

Result<bool> SqliteJournal::is_elsewhere(FolderId folder) const {
  const std::lock_guard guard(mutex_);
  MBOXFERRY_ASSIGN(
      const std::int64_t found,
      database_->number("SELECT EXISTS(SELECT 1 FROM main.message o WHERE o.folder <> ?1"
                        " AND o.digest IN (SELECT digest FROM main.message WHERE folder = ?1)"
                        " AND NOT EXISTS (SELECT 1 FROM main.reason r WHERE r.message = o.id"
                        " AND r.code = 'file-gone'))",
                        folder));
  return found != 0;
}

Result<std::uint64_t> SqliteJournal::take_moved() {
  const std::lock_guard guard(mutex_);
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_));
  MBOXFERRY_TRY(make_places());
  MBOXFERRY_TRY(begin_pairs());
  MBOXFERRY_TRY(database_->script(kFindLone));
  MBOXFERRY_ASSIGN(const std::uint64_t lone, count_rows("temp.lone_former"));
  if (lone == 0) return 0;
  for (const bool filed_elsewhere : {false, true})
    MBOXFERRY_TRY(database_->script(pairs_of_moved(filed_elsewhere)));
  MBOXFERRY_ASSIGN(const std::uint64_t moved, count_rows("temp.pair"));
  if (moved == 0) return 0;
  MBOXFERRY_TRY(take_pairs());
  MBOXFERRY_TRY(leave_moved());
  MBOXFERRY_TRY(end_pairs());
  MBOXFERRY_TRY(transaction.commit());
  return moved;
}

}  // namespace mboxferry::journal
