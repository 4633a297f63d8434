// SPDX-License-Identifier: Apache-2.0
// A folder whose archive was replaced: its messages are known again by their content.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <tuple>
#include <vector>

#include "journal/rows.h"
#include "journal/sqlite_journal.h"
#include "journal/transitions.h"

namespace mboxferry::journal {
namespace {

constexpr std::string_view kRetiredPrefix = "retired.";
constexpr std::string_view kReplacesPrefix = "replaces.";

/// The rows of folder ?N, walked between the bounds that are kept for it.
std::string in_folder(int parameter) {
  return fmt::format(
      "folder = ?{0} AND id BETWEEN (SELECT first_message FROM main.folder WHERE id = ?{0})"
      " AND (SELECT last_message FROM main.folder WHERE id = ?{0})",
      parameter);
}

/// Folder ?1 may have had several archives before the one it has: each left what is stored and was
/// not in the next. A folder is known by its file and path, also before it has taken over.
constexpr const char* kListVersions =
    "INSERT INTO temp.version SELECT v.id FROM main.folder f, main.note n"
    " JOIN main.folder v ON v.id = CAST(substr(n.name, 9) AS INTEGER)"
    " WHERE f.id = ?1 AND n.name GLOB 'retired.*' AND v.file = f.file AND v.path = f.path"
    " AND v.id <> f.id";

/// Another version may have been read with other sender lists.
constexpr const char* kFiledBySender =
    "EXISTS (SELECT 1 FROM main.sender_match s WHERE s.message IN (f.id, n.id)"
    " AND s.action IN (1, 5))";

// Of equal messages those that were sent come first, so that none of these is left over, and of
// these the ones of the last version, ?1. Without such a one it has nothing that is undecided.
std::string pairs_of_equal(bool filed_elsewhere) {
  const auto unpaired = [&](std::string_view column, std::string_view id) {
    return filed_elsewhere
               ? fmt::format(" AND NOT EXISTS (SELECT 1 FROM temp.pair WHERE {} = {})", column, id)
               : std::string();
  };
  return fmt::format(
      "INSERT INTO temp.pair SELECT f.id, n.id FROM"
      " (SELECT m.id, {0}digest, row_number() OVER (PARTITION BY {0}digest"
      " ORDER BY m.state NOT IN (12, 15), m.state <> 11, m.folder <> ?1, m.id) AS number"
      " FROM temp.version v CROSS JOIN main.folder o ON o.id = v.id CROSS JOIN main.message m"
      " ON m.folder = v.id AND m.id BETWEEN o.first_message AND o.last_message"
      " WHERE (v.id = ?1 OR m.state IN (11, 12, 15)){1}) f"
      " JOIN (SELECT id, {0}digest, row_number() OVER (PARTITION BY {0}digest"
      " ORDER BY id) AS number FROM main.message m WHERE {2} AND (?1 <> 0 OR state = 10){3}) n"
      " ON {4} AND n.digest = f.digest AND n.number = f.number",
      filed_elsewhere ? "m." : "m.mailbox, m.", unpaired("former", "m.id"), in_folder(2),
      unpaired("now", "m.id"), filed_elsewhere ? kFiledBySender : "n.mailbox = f.mailbox");
}

/// The last version planned what an earlier one had stored: it is not gone when that is paired.
constexpr const char* kForgetPlannedTwice =
    "DELETE FROM temp.lone_former WHERE state IN (10, 11, 13) AND id IN (SELECT m.id FROM"
    " temp.lone_former l JOIN main.message m ON m.id = l.id JOIN (SELECT DISTINCT mailbox, digest"
    " FROM temp.pair p JOIN main.message o ON o.id = p.former WHERE o.folder <> ?1) r"
    " ON r.mailbox = m.mailbox AND r.digest = m.digest)";

/// What other folders have to send is not gone: it was moved there. A message that sender lists
/// filed has one row, whichever labels it has.
constexpr const char* kForgetMoved =
    "DELETE FROM temp.lone_former WHERE id IN (SELECT m.id FROM temp.lone_former l"
    " JOIN main.message m ON m.id = l.id WHERE (m.mailbox, m.digest) IN"
    " (SELECT mailbox, digest FROM main.message WHERE state = 10 AND folder NOT IN (?1, ?2)))";
constexpr const char* kForgetFiled =
    "DELETE FROM temp.lone_former WHERE offset IN (SELECT f.offset FROM temp.pair p"
    " JOIN main.message f ON f.id = p.former JOIN main.message n ON n.id = p.now"
    " WHERE f.folder = ?1 AND f.mailbox <> n.mailbox)";

/// A message goes nowhere else than where sender lists have filed it.
constexpr const char* kLeaveToFiled =
    "DELETE FROM main.message WHERE folder = ?1 AND state = 10"
    " AND id NOT IN (SELECT now FROM temp.pair) AND offset IN (SELECT n.offset FROM temp.pair p"
    " JOIN main.message f ON f.id = p.former JOIN main.message n ON n.id = p.now"
    " JOIN main.sender_match s ON s.message = f.id AND s.action IN (1, 5)"
    " WHERE n.folder = ?1 AND f.mailbox <> n.mailbox)";

/// What a message was decided for goes with it; what its archive says of it is read anew.
constexpr const char* kForgetUndecided =
    "DELETE FROM temp.pair WHERE former IN (SELECT p.former FROM temp.pair p"
    " JOIN main.message f ON f.id = p.former LEFT JOIN main.reason r ON r.message = f.id"
    " WHERE f.state = 10 OR (f.state = 14 AND r.code IN"
    " ('pseudo', 'expunged', 'cut-short', 'duplicate', 'file-gone')))";

/// Of what is on the server, all that it was sent with.
constexpr const char* kTakeStates =
    "UPDATE main.message SET state = f.state, uid = f.uid, mailbox = f.mailbox FROM temp.pair p"
    " JOIN main.message f ON f.id = p.former WHERE main.message.id = p.now";
constexpr const char* kTakeSent =
    "UPDATE main.message SET wire_size = f.wire_size, date = f.date, zone = f.zone,"
    " date_source = f.date_source, date_corrected = f.date_corrected, flags = f.flags,"
    " keywords = f.keywords FROM temp.pair p JOIN main.message f ON f.id = p.former"
    " WHERE main.message.id = p.now AND f.state IN (12, 15)";

constexpr std::int64_t kMostTold = 1000;

}  // namespace

Result<FolderId> SqliteJournal::replace_folder(FolderId former, const FolderRow& replacement) {
  const std::lock_guard guard(mutex_);
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_));
  MBOXFERRY_ASSIGN(const FolderId id, add_folder(replacement));
  versions_of_ = 0;
  MBOXFERRY_TRY(set_note(fmt::format("{}{}", kRetiredPrefix, former), "1"));
  MBOXFERRY_TRY(set_note(fmt::format("{}{}", kReplacesPrefix, id), std::to_string(former)));
  // Nothing of it will be read any more.
  MBOXFERRY_TRY(database_->run("UPDATE main.folder SET index_done = 1 WHERE id = ?1", former));
  MBOXFERRY_TRY(transaction.commit());
  return id;
}

Result<bool> SqliteJournal::is_retired(FolderId folder) const {
  MBOXFERRY_ASSIGN(const auto retired, note(fmt::format("{}{}", kRetiredPrefix, folder)));
  return retired.has_value();
}

Result<FolderId> SqliteJournal::replaced_by(FolderId folder) const {
  MBOXFERRY_ASSIGN(const auto former, note(fmt::format("{}{}", kReplacesPrefix, folder)));
  return former ? std::strtoll(former->c_str(), nullptr, 10) : FolderId{0};
}

/// Removes rows of folder ?1 and what other tables say of them; a folder without rows goes as well.
Result<void> SqliteJournal::remove_messages(FolderId folder, const std::string& where) {
  const auto run = [&](const std::string& sql) -> Result<void> {
    MBOXFERRY_TRY(database_->run(sql, folder));
    return ok();
  };
  MBOXFERRY_TRY(run(fmt::format("DELETE FROM main.message WHERE {} AND {}", in_folder(1), where)));
  for (const char* table : {"reason", "resent", "sender_match"})
    MBOXFERRY_TRY(run(fmt::format(
        "DELETE FROM main.{0} WHERE message BETWEEN (SELECT first_message FROM main.folder"
        " WHERE id = ?1) AND (SELECT last_message FROM main.folder WHERE id = ?1)"
        " AND NOT EXISTS (SELECT 1 FROM main.message m WHERE m.id = main.{0}.message)",
        table)));
  MBOXFERRY_TRY(run("DELETE FROM main.finding WHERE folder = ?1"));
  MBOXFERRY_TRY(run("DELETE FROM main.unread WHERE folder = ?1"));
  MBOXFERRY_TRY(run(fmt::format(
      "UPDATE main.folder SET (first_message, last_message) = (SELECT coalesce(min(id), 0),"
      " coalesce(max(id), 0) FROM main.message WHERE {}) WHERE id = ?1",
      in_folder(1))));
  MBOXFERRY_ASSIGN(const std::int64_t left,
                   database_->number("SELECT last_message FROM main.folder WHERE id = ?1", folder));
  if (left != 0) return ok();
  MBOXFERRY_TRY(run("DELETE FROM main.note WHERE name IN ('retired.' || ?1, 'replaces.' || ?1)"));
  return run("DELETE FROM main.folder WHERE id = ?1");
}

Result<std::uint64_t> SqliteJournal::leave_out_replaced(MailboxId mailbox) {
  const std::lock_guard guard(mutex_);
  const std::string rest = fmt::format(
      " WHERE {} AND state = 10 AND folder IN (SELECT CAST(substr(name, {}) AS INTEGER)"
      " FROM main.note WHERE name GLOB '{}*')",
      kInMailbox, kRetiredPrefix.size() + 1, kRetiredPrefix);
  MBOXFERRY_ASSIGN(
      const std::int64_t any,
      database_->number(fmt::format("SELECT EXISTS(SELECT 1 FROM main.note WHERE name GLOB '{}*')",
                                    kRetiredPrefix)));
  if (any == 0) return 0;
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_));
  MBOXFERRY_TRY(
      database_->run("INSERT OR REPLACE INTO main.reason(message, code, text) SELECT id,"
                     " 'cut-short', 'the archive has the whole message now'"
                     " FROM main.message" +
                         rest,
                     mailbox));
  MBOXFERRY_ASSIGN(const std::int64_t left_out,
                   database_->run("UPDATE main.message SET state = 14" + rest, mailbox));
  MBOXFERRY_TRY(transaction.commit());
  return static_cast<std::uint64_t>(left_out);
}

Result<void> SqliteJournal::forget_replacement(FolderId replacement) {
  const std::lock_guard guard(mutex_);
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_));
  MBOXFERRY_ASSIGN(const FolderId former, replaced_by(replacement));
  if (former == 0) return misuse("a folder that replaces none");
  versions_of_ = 0;
  MBOXFERRY_TRY(remove_messages(replacement, "state IN (10, 14)"));
  return transaction.commit();
}

Result<void> SqliteJournal::list_versions(FolderId folder) {
  if (versions_of_ == folder) return ok();
  MBOXFERRY_TRY(
      database_->script("CREATE TEMP TABLE IF NOT EXISTS version(id INTEGER PRIMARY KEY);"
                        "DELETE FROM temp.version;"));
  MBOXFERRY_TRY(database_->run(kListVersions, folder));
  versions_of_ = folder;
  return ok();
}

Result<std::uint64_t> SqliteJournal::count_rows(const std::string& source) const {
  MBOXFERRY_ASSIGN(const std::int64_t number, database_->number("SELECT count(*) FROM " + source));
  return static_cast<std::uint64_t>(number);
}

/// What the archive of today says of the last one, by what is in one of them only.
Result<void> SqliteJournal::judge(FolderId former, FolderId replacement, TakenOver& taken) {
  for (const auto& [table, folder, paired] :
       {std::tuple("former", former, "former"), std::tuple("now", replacement, "now")})
    MBOXFERRY_TRY(database_->run(
        fmt::format(
            "INSERT INTO temp.lone_{} SELECT id, mailbox, offset, length, message_id_hash,"
            " date, state FROM main.message WHERE {} AND id NOT IN (SELECT {} FROM temp.pair)",
            table, in_folder(1), paired),
        folder));
  MBOXFERRY_TRY(database_->run(kForgetPlannedTwice, former));
  MBOXFERRY_TRY(database_->run(kForgetFiled, former));
  MBOXFERRY_TRY(database_->run(kForgetMoved, former, replacement));
  MBOXFERRY_ASSIGN(const std::uint64_t known, count_rows("temp.pair p JOIN main.message f ON f.id ="
                                                         " p.former WHERE f.state IN (12, 15)"));
  MBOXFERRY_ASSIGN(taken.stored_gone, count_rows("temp.lone_former WHERE state IN (12, 15)"));
  MBOXFERRY_ASSIGN(taken.unsent_gone, count_rows("temp.lone_former WHERE state IN (10, 11, 13)"));
  const std::string same_start =
      "temp.lone_former f JOIN temp.lone_now n ON n.offset = f.offset AND n.mailbox = f.mailbox"
      " AND n.message_id_hash = f.message_id_hash AND n.date = f.date WHERE ";
  // The last one may have ended in its header, before its Message-ID or its date. With another
  // Message-ID it is another message.
  const std::string whole = fmt::format(
      "temp.lone_former f JOIN temp.lone_now n ON n.offset = f.offset AND n.mailbox = f.mailbox"
      " AND n.length > f.length AND (n.message_id_hash = f.message_id_hash AND n.date = f.date"
      " OR f.id = (SELECT last_message FROM main.folder WHERE id = {}) AND (f.message_id_hash = 0"
      " OR n.message_id_hash = f.message_id_hash)) WHERE ",
      former);
  MBOXFERRY_ASSIGN(const std::uint64_t whole_now, count_rows(whole + "f.state IN (12, 15)"));
  MBOXFERRY_ASSIGN(const std::uint64_t whole_unsent, count_rows(whole + "f.state IN (10, 11, 13)"));
  // The cut may also have left a part of the next separator at its end.
  MBOXFERRY_ASSIGN(
      const std::uint64_t cut_now,
      count_rows(same_start +
                 "n.id = (SELECT max(id) FROM temp.lone_now) AND (n.length < f.length OR"
                 " f.offset < (SELECT max(offset) FROM temp.lone_former))"));
  taken.unsent_gone -= std::min(taken.unsent_gone, whole_unsent);
  taken.is_cut = cut_now > 0;
  taken.is_another =
      taken.is_cut || taken.unsent_gone > 0 || (known == 0 && taken.stored_gone > whole_now);
  return ok();
}

/// Empty tables for the pairs, and for what has none.
Result<void> SqliteJournal::begin_pairs() {
  return database_->script(
      "DROP TABLE IF EXISTS temp.pair; DROP TABLE IF EXISTS temp.lone_former;"
      "DROP TABLE IF EXISTS temp.lone_now;"
      "CREATE TEMP TABLE pair(former INTEGER PRIMARY KEY, now INTEGER NOT NULL UNIQUE);"
      "CREATE TEMP TABLE lone_former(id INTEGER PRIMARY KEY, mailbox, offset, length,"
      " message_id_hash, date, state);"
      "CREATE TEMP TABLE lone_now(id INTEGER PRIMARY KEY, mailbox, offset, length,"
      " message_id_hash, date, state);");
}

Result<void> SqliteJournal::end_pairs() {
  MBOXFERRY_TRY(forget_settled_intents(*database_));
  return database_->script(
      "DROP TABLE temp.pair; DROP TABLE temp.lone_former; DROP TABLE temp.lone_now;");
}

/// Gives the messages of today what was done with those that they are paired with.
Result<void> SqliteJournal::take_pairs() {
  // A message comes into the mailbox of the other, whose bounds end before it.
  MBOXFERRY_TRY(database_->script(
      "UPDATE main.mailbox_range SET last_message = r.last FROM (SELECT f.mailbox AS mailbox,"
      " max(p.now) AS last FROM temp.pair p JOIN main.message f ON f.id = p.former"
      " GROUP BY f.mailbox) r"
      " WHERE r.mailbox = mailbox_range.mailbox AND r.last > last_message"));
  for (const char* sql : {kTakeStates, kTakeSent}) MBOXFERRY_TRY(database_->script(sql));
  MBOXFERRY_TRY(database_->script(
      "DELETE FROM main.reason WHERE message IN (SELECT now FROM temp.pair);"
      "INSERT INTO main.reason(message, code, text) SELECT p.now, r.code, r.text FROM temp.pair p"
      " JOIN main.message f ON f.id = p.former JOIN main.reason r ON r.message = p.former"
      " WHERE f.state IN (13, 14);"
      "DELETE FROM main.sender_match WHERE message IN (SELECT now FROM temp.pair);"
      "INSERT INTO main.sender_match(message, entry, action) SELECT p.now, s.entry, s.action"
      " FROM temp.pair p JOIN main.sender_match s ON s.message = p.former;"
      "INSERT OR IGNORE INTO main.resent SELECT p.now FROM temp.pair p"
      " JOIN main.resent r ON r.message = p.former;"));
  // Batches whose outcome is open are named by ids; bounds that are too wide do no harm.
  return database_->script(
      "INSERT INTO main.intent(mailbox, uid_validity, uid_floor, first_message, last_message)"
      " SELECT mailbox, (SELECT uid_validity FROM main.intent i WHERE i.mailbox = m.mailbox"
      " ORDER BY id LIMIT 1), (SELECT min(uid_floor) FROM main.intent i WHERE i.mailbox ="
      " m.mailbox), min(m.id), max(m.id) FROM temp.pair p JOIN main.message m ON m.id = p.now"
      " WHERE m.state = 11 GROUP BY mailbox");
}

Result<TakenOver> SqliteJournal::take_over(FolderId folder) {
  const std::lock_guard guard(mutex_);
  MBOXFERRY_ASSIGN(const FolderId former, replaced_by(folder));
  TakenOver taken;
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_));
  MBOXFERRY_TRY(list_versions(folder));
  versions_of_ = 0;  // whatever becomes of the transaction
  MBOXFERRY_TRY(begin_pairs());
  for (const bool filed_elsewhere : {false, true})
    MBOXFERRY_TRY(database_->run(pairs_of_equal(filed_elsewhere), former, folder));
  MBOXFERRY_ASSIGN(taken.returned,
                   count_rows(fmt::format("temp.pair p JOIN main.message f ON f.id = p.former"
                                          " WHERE f.folder <> {}",
                                          former)));
  if (former == 0 && taken.returned == 0) return taken;
  // A message that is not sent and in another file now was left out there as its copy.
  if (former != 0) MBOXFERRY_TRY(plan_copies_of_moved(former));
  if (former != 0) MBOXFERRY_TRY(judge(former, folder, taken));
  if (taken.is_another) return taken;
  MBOXFERRY_TRY(database_->script(kForgetUndecided));
  MBOXFERRY_TRY(database_->run(kLeaveToFiled, folder));
  MBOXFERRY_TRY(take_pairs());
  MBOXFERRY_TRY(leave_to_versions(former));
  MBOXFERRY_TRY(database_->run("DELETE FROM main.note WHERE name = ?1",
                               std::string_view(fmt::format("{}{}", kReplacesPrefix, folder))));
  MBOXFERRY_TRY(end_pairs());
  MBOXFERRY_TRY(transaction.commit());
  return taken;
}

/// Removes from each version what was paired, and from the last one all that is not on the server.
Result<void> SqliteJournal::leave_to_versions(FolderId former) {
  std::vector<FolderId> versions;
  {
    MBOXFERRY_ASSIGN(Query query, database_->query("SELECT id FROM temp.version"));
    for (;;) {
      MBOXFERRY_ASSIGN(const bool row, query.next());
      if (!row) break;
      versions.push_back(query.integer(0));
    }
  }
  for (const FolderId version : versions) {
    const std::string paired = "id IN (SELECT former FROM temp.pair)";
    MBOXFERRY_TRY(remove_messages(
        version, version == former ? "(state NOT IN (11, 12, 15) OR " + paired + ")" : paired));
    MBOXFERRY_TRY(database_->run(
        fmt::format("INSERT INTO main.finding(folder, offset, code, text, taken) SELECT folder,"
                    " offset, 'stored-otherwise', 'it is stored, and the archive does not have it"
                    " any more as it was then', 0 FROM main.message WHERE {} AND state IN (12, 15)"
                    " LIMIT {}",
                    in_folder(1), kMostTold),
        version));
  }
  return ok();
}

}  // namespace mboxferry::journal
