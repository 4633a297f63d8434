// SPDX-License-Identifier: Apache-2.0
// Walks over the whole journal, with constant memory, for reports and verification.
#include <fmt/format.h>

#include "journal/rows.h"
#include "journal/sqlite_journal.h"

namespace mboxferry::journal {
namespace {

// SQL for one page of messages of a state; stored messages have two on disk.
std::string page_sql(State state, bool one_mailbox) {
  std::string where = state == State::stored
                          ? "WHERE m.state IN (12, 15)"
                          : fmt::format("WHERE m.state = {}", to_disk(disk_state(state, 0)));
  // One lower bound only: with two, SQLite may start each page at the lower one.
  where += one_mailbox ? " AND m.mailbox = ?2 AND m.id > max(?1, (SELECT first_message - 1"
                         " FROM mailbox_range WHERE mailbox = ?2))"
                         " AND m.id <= (SELECT last_message FROM mailbox_range WHERE mailbox = ?2)"
                       : " AND m.id > ?1";
  return kSelectMessage + where + " ORDER BY m.id LIMIT ?3";
}

Count& count_of(MailboxCounts& counts, State state) {
  switch (state) {
    case State::planned:
      break;
    case State::intended:
      return counts.intended;
    case State::stored:
      return counts.stored;
    case State::refused:
      return counts.refused;
    case State::skipped:
      return counts.skipped;
  }
  return counts.planned;
}

/// Adds rows of state and size up, each to the counts that `to` gives for it. GROUP BY would sort
/// all rows first.
template <typename To>
Result<void> add_rows(Query& query, const std::string& path, const To& to) {
  while (true) {
    MBOXFERRY_ASSIGN(const bool more, query.next());
    if (!more) return ok();
    const std::optional<State> state = public_state(query.integer(0));
    if (!state) return damaged(path, "a message has an unknown state");
    Count& count = count_of(to(query), *state);
    ++count.messages;
    count.bytes += static_cast<std::uint64_t>(query.integer(1));
  }
}

/// Messages of a replaced archive are counted once: as they were, until what was done with them is
/// taken over.
Result<std::string_view> leave_out_pending(Database& database) {
  MBOXFERRY_ASSIGN(
      const std::int64_t any,
      database.number("SELECT EXISTS(SELECT 1 FROM note WHERE name GLOB 'replaces.*')"));
  return any == 0 ? std::string_view()
                  : " AND folder NOT IN (SELECT CAST(substr(name, 10) AS INTEGER) FROM note"
                    " WHERE name GLOB 'replaces.*')";
}

}  // namespace

MailboxCounts counts_of(const CountsByMailbox& counts, MailboxId mailbox) {
  const auto found = counts.find(mailbox);
  return found == counts.end() ? MailboxCounts{} : found->second;
}

Result<void> SqliteJournal::ledger(MailboxId mailbox, const MessageVisitor& visit) const {
  // A connection of its own: one snapshot, sorted once by SQLite through temporary files, while
  // the visitor and other threads use the journal.
  MBOXFERRY_ASSIGN(auto reader, Database::open(path(), Database::Access::read));
  static const std::string kSql =
      kSelectMessage +
      "WHERE m.id BETWEEN (SELECT first_message FROM mailbox_range WHERE mailbox = ?1)"
      " AND (SELECT last_message FROM mailbox_range WHERE mailbox = ?1)"
      " AND m.mailbox = ?1 AND m.state = 12 ORDER BY m.uid";
  MBOXFERRY_ASSIGN(Query query, reader->query(kSql, mailbox));
  while (true) {
    MBOXFERRY_ASSIGN(const bool more, query.next());
    if (!more) return ok();
    MBOXFERRY_ASSIGN(const MessageRow row, read_message(query, path()));
    MBOXFERRY_TRY(visit(row));
  }
}

Result<void> SqliteJournal::each(State state, MailboxId mailbox,
                                 const MessageVisitor& visit) const {
  const std::string sql = page_sql(state, mailbox != 0);
  MessageId after = 0;
  while (true) {
    std::vector<MessageRow> page;
    {
      const std::lock_guard guard(mutex_);
      MBOXFERRY_ASSIGN(Query query, database_->query(sql, after, mailbox, kPageRows));
      MBOXFERRY_ASSIGN(page, read_messages(std::move(query), path()));
    }
    if (page.empty()) return ok();
    after = page.back().id;
    for (const MessageRow& row : page) MBOXFERRY_TRY(visit(row));
  }
}

Result<MailboxCounts> SqliteJournal::counts(MailboxId mailbox) const {
  MailboxCounts sum;
  if (mailbox != 0) {
    const std::lock_guard guard(mutex_);
    MBOXFERRY_ASSIGN(const std::string_view without, leave_out_pending(*database_));
    MBOXFERRY_ASSIGN(Query query,
                     database_->query(fmt::format("SELECT state, wire_size FROM message WHERE {}{}",
                                                  kInMailbox, without),
                                      mailbox));
    MBOXFERRY_TRY(add_rows(query, path(), [&](const Query&) -> MailboxCounts& { return sum; }));
    return sum;
  }
  MBOXFERRY_ASSIGN(const CountsByMailbox all, counts_by_mailbox());
  for (const auto& [id, counts] : all) {
    for (Count MailboxCounts::*const count :
         {&MailboxCounts::planned, &MailboxCounts::intended, &MailboxCounts::stored,
          &MailboxCounts::refused, &MailboxCounts::skipped}) {
      (sum.*count).messages += (counts.*count).messages;
      (sum.*count).bytes += (counts.*count).bytes;
    }
  }
  return sum;
}

Result<CountsByMailbox> SqliteJournal::counts_by_mailbox() const {
  const std::lock_guard guard(mutex_);
  MBOXFERRY_ASSIGN(const std::string_view without, leave_out_pending(*database_));
  MBOXFERRY_ASSIGN(Query query,
                   database_->query(fmt::format("SELECT state, wire_size, mailbox FROM message"
                                                " WHERE 1{}",
                                                without)));
  CountsByMailbox all;
  auto last = all.end();
  MBOXFERRY_TRY(add_rows(query, path(), [&](const Query& row) -> MailboxCounts& {
    const MailboxId mailbox = row.integer(2);
    if (last == all.end() || last->first != mailbox) last = all.try_emplace(mailbox).first;
    return last->second;
  }));
  return all;
}

Result<void> SqliteJournal::each_note(std::string_view prefix, const NoteVisitor& visit) const {
  // Names are plain ASCII: nothing that begins with the prefix comes behind this.
  const std::string end = std::string(prefix) + '\x7f';
  std::string after(prefix);
  while (true) {
    std::vector<std::pair<std::string, std::string>> page;
    {
      const std::lock_guard guard(mutex_);
      MBOXFERRY_ASSIGN(Query query,
                       database_->query("SELECT name, value FROM note"
                                        " WHERE name > ?1 AND name < ?2 ORDER BY name LIMIT ?3",
                                        std::string_view(after), std::string_view(end), kPageRows));
      for (std::size_t bytes = 0; bytes < kPageBytes; bytes += page.back().second.size()) {
        MBOXFERRY_ASSIGN(const bool more, query.next());
        if (!more) break;
        page.emplace_back(query.text(0), query.text(1));
      }
    }
    if (page.empty()) return ok();
    for (const auto& [name, value] : page) MBOXFERRY_TRY(visit(name, value));
    after = page.back().first;
  }
}

Result<void> SqliteJournal::each_finding(
    FolderId folder, const std::function<Result<void>(const Finding&)>& visit) const {
  std::int64_t after = 0;
  while (true) {
    std::vector<Finding> page;
    {
      const std::lock_guard guard(mutex_);
      MBOXFERRY_ASSIGN(Query query,
                       database_->query("SELECT id, folder, offset, code, text, taken FROM finding"
                                        " WHERE folder = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
                                        folder, after, kPageRows));
      for (std::size_t bytes = 0; bytes < kPageBytes; bytes += page.back().text.size()) {
        MBOXFERRY_ASSIGN(const bool more, query.next());
        if (!more) break;
        after = query.integer(0);
        page.push_back({.folder = query.integer(1),
                        .offset = static_cast<std::uint64_t>(query.integer(2)),
                        .code = query.text(3),
                        .text = query.text(4),
                        .taken = query.integer(5) != 0});
      }
    }
    if (page.empty()) return ok();
    for (const Finding& finding : page) MBOXFERRY_TRY(visit(finding));
  }
}

}  // namespace mboxferry::journal
