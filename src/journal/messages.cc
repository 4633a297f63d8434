// SPDX-License-Identifier: Apache-2.0
// Adding indexed messages to the journal and finding those that are to be sent.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "journal/rows.h"
#include "journal/sqlite_journal.h"
#include "mboxferry/base/crash_point.h"

namespace mboxferry::journal {
namespace {

// The folder's own range keeps the walk short; the walk goes by id, so nothing is sorted.
constexpr const char* kInFolder =
    "WHERE m.id > max(?2, (SELECT first_message - 1 FROM folder WHERE id = ?1))"
    " AND m.id <= (SELECT last_message FROM folder WHERE id = ?1) AND m.folder = ?1 ";
constexpr const char* kPage = " ORDER BY m.id LIMIT ?3";

std::int64_t page_rows(std::size_t limit) {
  return static_cast<std::int64_t>(
      std::min<std::size_t>(limit, std::numeric_limits<std::int32_t>::max()));
}

}  // namespace

Result<std::int64_t> SqliteJournal::keywords_id(const std::string& keywords) {
  MBOXFERRY_TRY(database_->run("INSERT OR IGNORE INTO keywords(text) VALUES(?1)",
                               std::string_view(keywords)));
  return database_->number("SELECT id FROM keywords WHERE text = ?1", std::string_view(keywords));
}

Result<void> SqliteJournal::insert_message(MessageRow& row) {
  constexpr std::uint64_t kLargest = std::numeric_limits<std::int64_t>::max();
  if (row.offset > kLargest || row.length > kLargest || row.wire_size > kLargest) {
    return misuse("an offset or size above 2^63");
  }
  std::int64_t keywords = 0;
  if (!row.keywords.empty()) {
    MBOXFERRY_ASSIGN(keywords, keywords_id(row.keywords));
  }
  if (row.state == State::planned) MBOXFERRY_TRY(skip_if_duplicate(row));
  MBOXFERRY_TRY(database_->run(
      "INSERT INTO message(folder, mailbox, offset, length, wire_size, digest, message_id_hash,"
      " date, zone, date_source, date_corrected, flags, keywords, state, uid)"
      " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, NULLIF(?13, 0), ?14, ?15)",
      row.folder, row.mailbox, to_disk(row.offset), to_disk(row.length), to_disk(row.wire_size),
      Blob(row.digest), row.message_id_hash, row.date.unix_seconds,
      std::int64_t{row.date.zone_minutes}, std::int64_t{row.date_source},
      std::int64_t{row.date_corrected}, std::int64_t{row.flags}, keywords,
      to_disk(disk_state(row.state, row.uid)), uid_to_disk(row.uid)));
  row.id = database_->last_row_id();
  if (!row.code.empty() || !row.text.empty()) {
    MBOXFERRY_TRY(database_->run("INSERT INTO reason(message, code, text) VALUES(?1, ?2, ?3)",
                                 row.id, std::string_view(row.code), std::string_view(row.text)));
  }
  if (row.sender_entry != 0) {
    MBOXFERRY_TRY(database_->run(
        "INSERT INTO sender_match(message, entry, action) VALUES(?1, ?2, ?3)", row.id,
        row.sender_entry, std::int64_t{static_cast<std::uint8_t>(row.sender_action)}));
  }
  return ok();
}

Result<void> SqliteJournal::insert_findings(std::span<const Finding> findings) {
  for (const Finding& finding : findings) {
    MBOXFERRY_TRY(database_->run(
        "INSERT INTO finding(folder, offset, code, text, taken) VALUES(?1, ?2, ?3, ?4, ?5)",
        finding.folder, to_disk(finding.offset), std::string_view(finding.code),
        std::string_view(finding.text), std::int64_t{finding.taken}));
  }
  return ok();
}

Result<void> SqliteJournal::take_status_of(const MessageRow& row) {
  std::int64_t keywords = 0;
  if (!row.keywords.empty()) {
    MBOXFERRY_ASSIGN(keywords, keywords_id(row.keywords));
  }
  // Whether a message is sent changes here only by its status fields.
  MBOXFERRY_ASSIGN(
      const std::int64_t changed,
      database_->run("UPDATE message SET flags = ?2, keywords = NULLIF(?3, 0), state ="
                     " CASE WHEN state IN (10, 14) THEN ?4 ELSE state END"
                     " WHERE id = ?1 AND (state IN (11, 13) OR"
                     " state IN (10, 14) AND ?4 IN (10, 14))",
                     row.id, std::int64_t{row.flags}, keywords, to_disk(disk_state(row.state, 0))));
  if (changed != 1) return misuse(fmt::format("message {} cannot take other flags", row.id));
  if (row.state == State::planned) {
    MBOXFERRY_TRY(database_->run("DELETE FROM reason WHERE message = ?1", row.id));
  }
  if (row.state == State::skipped) {
    MBOXFERRY_TRY(
        database_->run("INSERT OR REPLACE INTO reason(message, code, text) VALUES(?1, ?2, ?3)",
                       row.id, std::string_view(row.code), std::string_view(row.text)));
  }
  return ok();
}

Result<void> SqliteJournal::take_status(std::span<const MessageRow> messages,
                                        std::span<const Finding> findings) {
  if (messages.empty() && findings.empty()) return ok();
  const std::lock_guard guard(mutex_);
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_, Transaction::Kind::soon));
  for (const MessageRow& row : messages) MBOXFERRY_TRY(take_status_of(row));
  MBOXFERRY_TRY(insert_findings(findings));
  return transaction.commit();
}

Result<void> SqliteJournal::forget_findings(FolderId folder, std::string_view code) {
  const std::lock_guard guard(mutex_);
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_, Transaction::Kind::soon));
  MBOXFERRY_TRY(
      database_->run("DELETE FROM finding WHERE folder = ?1 AND code = ?2", folder, code));
  return transaction.commit();
}

Result<void> SqliteJournal::add_indexed(const FolderRow& folder, std::span<MessageRow> messages,
                                        std::span<const Finding> findings) {
  const std::lock_guard guard(mutex_);
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_, Transaction::Kind::soon));
  MBOXFERRY_ASSIGN(const bool completes, write_folder(folder));
  MailboxId ranged = std::numeric_limits<MailboxId>::min();
  for (std::size_t i = 0; i < messages.size(); ++i) {
    MessageRow& row = messages[i];
    if (row.folder != folder.id) return misuse("a message of another folder");
    if (row.state == State::intended || row.state == State::stored) {
      return misuse("an indexed message cannot be sent already");
    }
    MBOXFERRY_TRY(insert_message(row));
    // A run of one mailbox needs its first and its last message only.
    const bool last_of_run = i + 1 == messages.size() || messages[i + 1].mailbox != row.mailbox;
    if (row.mailbox == ranged && !last_of_run) continue;
    ranged = row.mailbox;
    MBOXFERRY_TRY(database_->run(
        "INSERT INTO mailbox_range(mailbox, first_message, last_message) VALUES(?1, ?2, ?2)"
        " ON CONFLICT(mailbox) DO UPDATE SET last_message = ?2",
        row.mailbox, row.id));
  }
  if (!messages.empty()) {
    MBOXFERRY_TRY(
        database_->run("UPDATE folder SET last_message = ?3, first_message ="
                       " CASE first_message WHEN 0 THEN ?2 ELSE first_message END WHERE id = ?1",
                       folder.id, messages.front().id, messages.back().id));
  }
  MBOXFERRY_TRY(insert_findings(findings));
  for (const Finding& finding : findings) {
    if (!finding.unread) continue;
    MBOXFERRY_TRY(insert_unread(
        {finding.folder, folder.file, finding.offset, *finding.unread, finding.text}));
  }
  MBOXFERRY_TRY(transaction.commit());
  crash_point("index-chunk");
  if (completes) crash_point("index-done");
  return ok();
}

Result<std::vector<MessageRow>> SqliteJournal::planned(FolderId folder, MailboxId mailbox,
                                                       MessageId after, std::size_t limit) const {
  const std::lock_guard guard(mutex_);
  static const std::string kSql =
      kSelectMessage + kInFolder + "AND m.state = 10 AND m.mailbox = ?4" + kPage;
  MBOXFERRY_ASSIGN(Query query, database_->query(kSql, folder, after, page_rows(limit), mailbox));
  return read_messages(std::move(query), path());
}

Result<void> SqliteJournal::index_mailboxes() {
  const std::lock_guard guard(mutex_);
  MBOXFERRY_ASSIGN(const std::int64_t unread,
                   database_->number("SELECT EXISTS (SELECT 1 FROM folder WHERE index_done = 0)"));
  if (unread != 0) return ok();
  // A mailbox whose range begins before an earlier one has ended.
  MBOXFERRY_ASSIGN(
      const std::int64_t mixed,
      database_->number(
          "SELECT EXISTS (SELECT 1 FROM (SELECT first_message AS first, max(last_message) OVER"
          " (ORDER BY first_message ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before"
          " FROM mailbox_range) WHERE first <= before)"));
  if (mixed == 0) return ok();
  // Sending changes neither column of it, so it costs nothing then.
  return database_->script(kMailboxIndex);
}

Result<std::vector<MailboxId>> SqliteJournal::mailboxes_of(FolderId folder) const {
  const std::lock_guard guard(mutex_);
  static const std::string kSql =
      std::string("SELECT DISTINCT m.mailbox FROM message m ") + kInFolder + "ORDER BY 1";
  MBOXFERRY_ASSIGN(Query query, database_->query(kSql, folder, std::int64_t{0}));
  std::vector<MailboxId> mailboxes;
  while (true) {
    MBOXFERRY_ASSIGN(const bool more, query.next());
    if (!more) return mailboxes;
    mailboxes.push_back(query.integer(0));
  }
}

Result<std::vector<MessageRow>> SqliteJournal::messages(FolderId folder, MessageId after,
                                                        std::size_t limit) const {
  const std::lock_guard guard(mutex_);
  static const std::string kSql = kSelectMessage + kInFolder + kPage;
  MBOXFERRY_ASSIGN(Query query, database_->query(kSql, folder, after, page_rows(limit)));
  return read_messages(std::move(query), path());
}

Result<std::optional<MessageRow>> SqliteJournal::message(MessageId id) const {
  const std::lock_guard guard(mutex_);
  static const std::string kSql = kSelectMessage + "WHERE m.id = ?1";
  MBOXFERRY_ASSIGN(Query query, database_->query(kSql, id));
  MBOXFERRY_ASSIGN(auto rows, read_messages(std::move(query), database_->path()));
  if (rows.empty()) return std::optional<MessageRow>();
  return std::optional<MessageRow>(std::move(rows.front()));
}

Result<std::optional<MessageRow>> SqliteJournal::last_message(FolderId folder) const {
  const std::lock_guard guard(mutex_);
  static const std::string kSql =
      kSelectMessage + "WHERE m.id = (SELECT last_message FROM folder WHERE id = ?1)";
  MBOXFERRY_ASSIGN(Query query, database_->query(kSql, folder));
  MBOXFERRY_ASSIGN(auto rows, read_messages(std::move(query), database_->path()));
  if (rows.empty()) return std::optional<MessageRow>();
  return std::optional<MessageRow>(std::move(rows.front()));
}

}  // namespace mboxferry::journal
