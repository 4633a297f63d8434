// SPDX-License-Identifier: Apache-2.0
// The small tables of the journal: identity, notes, folders and mailboxes.
#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

#include "journal/rows.h"
#include "journal/sqlite_journal.h"
#include "mboxferry/base/crash_point.h"

namespace mboxferry::journal {
namespace {

constexpr std::array<std::pair<std::string_view, std::string JobIdentity::*>, 3> kIdentityFields{{
    {"account", &JobIdentity::account},
    {"archives", &JobIdentity::archives},
    {"settings", &JobIdentity::settings},
}};

// A line of the first text that the second has not.
std::string differing_line(std::string_view mine, std::string_view other) {
  const bool same_size = mine.size() == other.size();
  const auto next_line = [](std::string_view& text) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    return line;
  };
  while (!mine.empty()) {
    const std::string_view line = next_line(mine);
    bool is_there = false;
    for (std::string_view rest = other; !is_there && !rest.empty();)
      is_there = next_line(rest) == line;
    if (!is_there) return fmt::format("\"{}\"", line);
  }
  return same_size ? "the same in another order" : "nothing of the kind";
}

/// Columns as in the order of MailboxRow.
MailboxRow read_mailbox(const Query& query) {
  return {.id = query.integer(0),
          .name = query.text(1),
          .renamed_from = query.text(2),
          .uid_validity = static_cast<std::uint32_t>(query.integer(3)),
          .uid_floor = static_cast<Uid>(query.integer(4)),
          .existed_before = static_cast<std::uint64_t>(query.integer(5)),
          .created = query.integer(6) != 0,
          .renewed = query.integer(7) != 0};
}

Result<std::optional<std::string>> value_of(Database& database, std::string_view sql,
                                            std::string_view name) {
  MBOXFERRY_ASSIGN(Query query, database.query(sql, name));
  MBOXFERRY_ASSIGN(const bool found, query.next());
  if (!found) return std::optional<std::string>();
  return std::optional<std::string>(query.text(0));
}

/// The bound on folders and mailboxes, asked at each 1,024th: what it adds up grows with them.
Result<void> check_room_at(Database& database, std::int64_t id) {
  if (id % 1024 != 0) return ok();
  MBOXFERRY_ASSIGN(const std::string_view too_many, too_many_names(database));
  if (too_many.empty()) return ok();
  return Error{
      .code = ErrorCode::configuration,
      .what = fmt::format("the archive has more {} than one job keeps: the {}th is too much",
                          too_many, id),
      .hint = "move it in parts: several jobs, each with its own --include and --exclude"};
}

}  // namespace

std::string lost_flags_note(MailboxId mailbox) {
  return kLostFlagsNotes + std::to_string(mailbox);
}

std::string date_corrections_note(MailboxId mailbox) {
  return kDateCorrectionsNotes + std::to_string(mailbox);
}

Error SqliteJournal::misuse(const std::string& what) const {
  return {.code = ErrorCode::internal,
          .what = fmt::format("the journal {} refused a step: {}", database_->path(), what),
          .hint = {}};
}

/// A job that ended before it had a message, because of a setting or a name, leaves nothing behind
/// that another could do wrong.
Result<void> SqliteJournal::forget_other_job(const JobIdentity& identity) {
  MBOXFERRY_ASSIGN(const JobIdentity recorded, this->identity());
  if (recorded == identity || recorded == JobIdentity{}) return ok();
  return database_->script(
      "DELETE FROM identity; DELETE FROM note; DELETE FROM folder; DELETE FROM mailbox;"
      "DELETE FROM finding; DELETE FROM unread; DELETE FROM intent; DELETE FROM mailbox_range;");
}

Result<void> SqliteJournal::claim(const JobIdentity& identity) {
  const std::lock_guard guard(mutex_);
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_));
  MBOXFERRY_ASSIGN(const std::int64_t begun,
                   database_->number("SELECT EXISTS(SELECT 1 FROM message)"));
  if (begun == 0) MBOXFERRY_TRY(forget_other_job(identity));
  for (const auto& [name, member] : kIdentityFields) {
    MBOXFERRY_ASSIGN(const auto recorded,
                     value_of(*database_, "SELECT value FROM identity WHERE name = ?1", name));
    const std::string& wanted = identity.*member;
    if (!recorded) {
      MBOXFERRY_TRY(database_->run("INSERT INTO identity(name, value) VALUES(?1, ?2)", name,
                                   std::string_view(wanted)));
    } else if (*recorded != wanted) {
      return Error{
          .code = ErrorCode::configuration,
          .what =
              fmt::format("the journal {} belongs to another job: its {} has {}, this one has {}",
                          database_->path(), name, differing_line(*recorded, wanted),
                          differing_line(wanted, *recorded)),
          .hint =
              "run the command that made this journal, or begin a new job with another --journal "
              "(a batch: "
              "--state-dir) and --skip-existing"};
    }
  }
  return transaction.commit();
}

Result<void> SqliteJournal::change_settings(const std::string& settings) {
  const std::lock_guard guard(mutex_);
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_));
  MBOXFERRY_TRY(database_->run("UPDATE identity SET value = ?1 WHERE name = 'settings'",
                               std::string_view(settings)));
  return transaction.commit();
}

Result<JobIdentity> SqliteJournal::identity() const {
  const std::lock_guard guard(mutex_);
  JobIdentity identity;
  for (const auto& [name, member] : kIdentityFields) {
    MBOXFERRY_ASSIGN(auto recorded,
                     value_of(*database_, "SELECT value FROM identity WHERE name = ?1", name));
    identity.*member = std::move(recorded).value_or("");
  }
  return identity;
}

Result<DigestKey> SqliteJournal::digest_key() const {
  const std::lock_guard guard(mutex_);
  MBOXFERRY_ASSIGN(Query query, database_->query("SELECT key FROM digest_key"));
  MBOXFERRY_ASSIGN(const bool there, query.next());
  DigestKey key{};
  if (!there || query.blob(0).size() != key.size())
    return damaged(database_->path(), "it has no key for its digests");
  std::ranges::copy(query.blob(0), key.begin());
  return key;
}

Result<void> SqliteJournal::together(const std::function<Result<void>()>& write) {
  const std::lock_guard guard(mutex_);
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_, Transaction::Kind::soon));
  MBOXFERRY_TRY(write());
  return transaction.commit();
}

namespace {

Result<void> write_note(Database& database, Transaction::Kind kind, const std::string& name,
                        const std::string& value) {
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(database, kind));
  MBOXFERRY_TRY(database.run("INSERT OR REPLACE INTO note(name, value) VALUES(?1, ?2)",
                             std::string_view(name), std::string_view(value)));
  return transaction.commit();
}

}  // namespace

Result<void> SqliteJournal::set_note(const std::string& name, const std::string& value) {
  const std::lock_guard guard(mutex_);
  return write_note(*database_, Transaction::Kind::soon, name, value);
}

Result<void> SqliteJournal::set_note_now(const std::string& name, const std::string& value) {
  const std::lock_guard guard(mutex_);
  return write_note(*database_, Transaction::Kind::write, name, value);
}

Result<std::optional<std::string>> SqliteJournal::note(const std::string& name) const {
  const std::lock_guard guard(mutex_);
  return value_of(*database_, "SELECT value FROM note WHERE name = ?1", name);
}

Result<FolderId> SqliteJournal::add_folder(const FolderRow& folder) {
  const std::lock_guard guard(mutex_);
  MBOXFERRY_TRY(database_->run(
      "INSERT INTO folder(archive, path, file, identity, profile, index_state, index_done, mailbox)"
      " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
      std::string_view(folder.archive), std::string_view(folder.path),
      std::string_view(folder.file), std::string_view(folder.identity),
      std::string_view(folder.profile), std::string_view(folder.index_state),
      std::int64_t{folder.index_done}, folder.mailbox));
  const FolderId id = database_->last_row_id();
  MBOXFERRY_TRY(check_room_at(*database_, id));
  return id;
}

Result<bool> SqliteJournal::write_folder(const FolderRow& folder) {
  MBOXFERRY_ASSIGN(const std::int64_t was_done,
                   database_->number("SELECT index_done FROM folder WHERE id = ?1", folder.id));
  MBOXFERRY_ASSIGN(
      const std::int64_t changed,
      database_->run(
          "UPDATE folder SET archive = ?2, path = ?3, file = ?4, identity = ?5, profile = ?6,"
          " index_state = ?7, index_done = ?8, mailbox = ?9 WHERE id = ?1",
          folder.id, std::string_view(folder.archive), std::string_view(folder.path),
          std::string_view(folder.file), std::string_view(folder.identity),
          std::string_view(folder.profile), std::string_view(folder.index_state),
          std::int64_t{folder.index_done}, folder.mailbox));
  if (changed != 1) return misuse(fmt::format("there is no folder {}", folder.id));
  return folder.index_done && was_done == 0;
}

Result<void> SqliteJournal::update_folder(const FolderRow& folder) {
  const std::lock_guard guard(mutex_);
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_));
  MBOXFERRY_ASSIGN(const bool completes, write_folder(folder));
  MBOXFERRY_TRY(transaction.commit());
  if (completes) crash_point("index-done");
  return ok();
}

Result<std::vector<FolderRow>> SqliteJournal::folders() const {
  const std::lock_guard guard(mutex_);
  MBOXFERRY_ASSIGN(Query query,
                   database_->query("SELECT id, archive, path, file, identity, profile,"
                                    " index_state, index_done, mailbox FROM folder ORDER BY id"));
  std::vector<FolderRow> rows;
  while (true) {
    MBOXFERRY_ASSIGN(const bool more, query.next());
    if (!more) return rows;
    rows.push_back({.id = query.integer(0),
                    .archive = query.text(1),
                    .path = query.text(2),
                    .file = query.text(3),
                    .identity = query.text(4),
                    .profile = query.text(5),
                    .index_state = query.text(6),
                    .index_done = query.integer(7) != 0,
                    .mailbox = query.integer(8)});
  }
}

Result<MailboxId> SqliteJournal::add_mailbox(const MailboxRow& mailbox) {
  MailboxId id = 0;
  {
    const std::lock_guard guard(mutex_);
    MBOXFERRY_TRY(database_->run(
        "INSERT INTO mailbox(name, uid_validity, uid_floor, existed_before, created, renewed,"
        " renamed_from) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        std::string_view(mailbox.name), std::int64_t{mailbox.uid_validity},
        std::int64_t{mailbox.uid_floor}, to_disk(mailbox.existed_before),
        std::int64_t{mailbox.created}, std::int64_t{mailbox.renewed},
        std::string_view(mailbox.renamed_from)));
    id = database_->last_row_id();
    MBOXFERRY_TRY(check_room_at(*database_, id));
  }
  crash_point("mailbox-recorded");
  return id;
}

Result<void> SqliteJournal::update_mailbox(const MailboxRow& mailbox) {
  const std::lock_guard guard(mutex_);
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_, Transaction::Kind::soon));
  MBOXFERRY_ASSIGN(
      const std::int64_t changed,
      database_->run(
          "UPDATE mailbox SET name = ?2, uid_validity = ?3, uid_floor = ?4, existed_before = ?5,"
          " created = ?6, renewed = ?7, renamed_from = ?8 WHERE id = ?1",
          mailbox.id, std::string_view(mailbox.name), std::int64_t{mailbox.uid_validity},
          std::int64_t{mailbox.uid_floor}, to_disk(mailbox.existed_before),
          std::int64_t{mailbox.created}, std::int64_t{mailbox.renewed},
          std::string_view(mailbox.renamed_from)));
  if (changed != 1) return misuse(fmt::format("there is no mailbox {}", mailbox.id));
  return transaction.commit();
}

Result<std::vector<MailboxRow>> SqliteJournal::mailboxes() const {
  const std::lock_guard guard(mutex_);
  MBOXFERRY_ASSIGN(Query query, database_->query("SELECT id, name, renamed_from, uid_validity,"
                                                 " uid_floor, existed_before, created, renewed"
                                                 " FROM mailbox ORDER BY id"));
  std::vector<MailboxRow> rows;
  while (true) {
    MBOXFERRY_ASSIGN(const bool more, query.next());
    if (!more) return rows;
    rows.push_back(read_mailbox(query));
  }
}

Result<std::optional<MailboxRow>> SqliteJournal::mailbox(MailboxId id) const {
  const std::lock_guard guard(mutex_);
  MBOXFERRY_ASSIGN(Query query, database_->query("SELECT id, name, renamed_from, uid_validity,"
                                                 " uid_floor, existed_before, created, renewed"
                                                 " FROM mailbox WHERE id = ?",
                                                 id));
  MBOXFERRY_ASSIGN(const bool found, query.next());
  return found ? std::optional(read_mailbox(query)) : std::nullopt;
}

}  // namespace mboxferry::journal
