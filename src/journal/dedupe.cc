// SPDX-License-Identifier: Apache-2.0
// Finding the earlier message of a mailbox that a new one is a copy of.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "journal/rows.h"
#include "journal/schema.h"
#include "journal/sqlite_journal.h"

namespace mboxferry::journal {
namespace {

constexpr std::array<std::pair<Dedupe, std::string_view>, 3> kNames{{
    {Dedupe::none, "none"},
    {Dedupe::message_id, "message-id"},
    {Dedupe::content, "content"},
}};

constexpr const char* kSelect =
    "SELECT f.path, m.offset FROM {} JOIN folder f ON f.id = m.folder WHERE m.mailbox = ?1"
    " AND m.folder NOT IN (SELECT id FROM temp.version) AND {} ORDER BY m.id LIMIT 1";
constexpr const char* kSent = "message m";
// What was left out because the mailbox had it already: the indexes over messages lack it.
constexpr const char* kThere = "temp.there t CROSS JOIN message m ON m.id = t.message";
constexpr const char* kListThere =
    "DROP TABLE IF EXISTS temp.there;"
    "CREATE TEMP TABLE there(message INTEGER PRIMARY KEY, mailbox INTEGER, same);"
    "INSERT INTO temp.there SELECT id, mailbox, {} FROM main.message"
    " WHERE state = 14 AND uid <> -2147483648;"
    "CREATE INDEX temp.there_same ON there(mailbox, same);";

constexpr const char* kLeftOut =
    "DROP TABLE IF EXISTS temp.left_out;"
    "CREATE TEMP TABLE left_out(id INTEGER PRIMARY KEY, was INTEGER);";

/// True of two rows that are the same mail, as the indexes have it.
std::string same_mail(Dedupe dedupe, std::string_view one, std::string_view other) {
  return dedupe == Dedupe::message_id ? fmt::format(
                                            "{0}.message_id_hash = {1}.message_id_hash"
                                            " AND {0}.message_id_hash <> 0",
                                            one, other)
                                      : fmt::format(
                                            "substr({0}.digest, 1, 8) = substr({1}.digest, 1, 8)"
                                            " AND {0}.digest = {1}.digest",
                                            one, other);
}

std::string select_earlier(Dedupe dedupe, bool among_there) {
  const bool by_id = dedupe == Dedupe::message_id;
  const std::string_view same = by_id ? "m.message_id_hash = ?2 AND m.message_id_hash <> 0"
                                      : "substr(m.digest, 1, 8) = ?2 AND m.digest = ?3";
  const std::string_view other_mail =
      by_id ? " AND (m.digest = ?3 OR m.folder NOT IN"
              " (SELECT CAST(substr(name, 9) AS INTEGER) FROM note WHERE name GLOB 'retired.*'))"
            : "";
  return fmt::format(
      kSelect, among_there ? kThere : kSent,
      fmt::format("{}{}{}", same, other_mail,
                  among_there ? " AND t.mailbox = ?1 AND t.same = ?2" : " AND m.state <> 14"));
}

}  // namespace

std::string_view dedupe_name(Dedupe dedupe) {
  return kNames[static_cast<std::size_t>(dedupe)].second;
}

std::optional<Dedupe> dedupe_from_name(std::string_view name) {
  for (const auto& [dedupe, known] : kNames) {
    if (known == name) return dedupe;
  }
  return std::nullopt;
}

Result<void> SqliteJournal::set_dedupe(Dedupe dedupe) {
  const std::lock_guard guard(mutex_);
  dedupe_ = dedupe;
  if (dedupe == Dedupe::none) return ok();
  const bool by_id = dedupe == Dedupe::message_id;
  MBOXFERRY_TRY(database_->script(by_id ? kMessageIdIndex : kContentIndex));
  return database_->script(
      fmt::format(kListThere, by_id ? "message_id_hash" : "substr(digest, 1, 8)"));
}

Result<void> SqliteJournal::skip_if_duplicate(MessageRow& row) {
  if (dedupe_ == Dedupe::none) return ok();
  // Former versions of the folder are not copies: its messages take over what was done with these.
  // What is left of those of others may be the stored half of a message that was cut.
  MBOXFERRY_TRY(list_versions(row.folder));
  std::string copy_of;
  for (const bool among_there : {false, true}) {
    const std::string sql = select_earlier(dedupe_, among_there);
    MBOXFERRY_ASSIGN(
        Query query,
        dedupe_ == Dedupe::message_id
            ? database_->query(sql, row.mailbox, row.message_id_hash, Blob(row.digest))
            : database_->query(sql, row.mailbox, Blob(row.digest).first(8), Blob(row.digest)));
    MBOXFERRY_ASSIGN(const bool found, query.next());
    if (!found) continue;
    copy_of = fmt::format("of the message at byte {} of {}", query.integer(1), query.text(0));
    break;
  }
  if (copy_of.empty()) return ok();
  row.state = State::skipped;
  row.code = "duplicate";
  row.text = std::move(copy_of);
  return ok();
}

Result<void> SqliteJournal::plan_copies_of(std::span<const MessageRow> left_out) {
  if (dedupe_ == Dedupe::none || left_out.empty()) return ok();
  const std::lock_guard guard(mutex_);
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_, Transaction::Kind::soon));
  MBOXFERRY_TRY(database_->script(kLeftOut));
  for (const MessageRow& row : left_out)
    MBOXFERRY_TRY(database_->run("INSERT OR IGNORE INTO temp.left_out(id) VALUES(?1)", row.id));
  MBOXFERRY_TRY(plan_copies_of_left_out());
  return transaction.commit();
}

Result<void> SqliteJournal::plan_copies_of_moved(FolderId former) {
  if (dedupe_ == Dedupe::none) return ok();
  MBOXFERRY_TRY(database_->script(kLeftOut));
  MBOXFERRY_TRY(
      database_->run("INSERT INTO temp.left_out SELECT id, state FROM main.message"
                     " WHERE folder = ?1 AND state IN (10, 11)"
                     " AND id NOT IN (SELECT former FROM temp.pair)",
                     former));
  MBOXFERRY_TRY(database_->script(
      "UPDATE main.message SET state = 14 WHERE id IN (SELECT id FROM temp.left_out)"));
  MBOXFERRY_TRY(plan_copies_of_left_out());
  // What is in doubt stays so, and take_moved() hands that on to its copy.
  return database_->script(
      fmt::format("UPDATE main.message SET state = 10 WHERE id IN (SELECT g.id FROM temp.left_out l"
                  " JOIN main.message g ON g.id = l.id WHERE l.was = 10 AND NOT EXISTS"
                  " (SELECT 1 FROM main.message o"
                  " WHERE o.mailbox = g.mailbox AND o.state <> 14 AND {}));"
                  "UPDATE main.message SET state = 11"
                  " WHERE id IN (SELECT id FROM temp.left_out WHERE was = 11);",
                  same_mail(dedupe_, "o", "g")));
}

/// Of those that were left out for what is in temp.left_out, the first of each is planned, unless
/// the mailbox gets another.
Result<void> SqliteJournal::plan_copies_of_left_out() {
  MBOXFERRY_TRY(make_places());
  const bool by_id = dedupe_ == Dedupe::message_id;
  const auto same = [&](std::string_view one, std::string_view other) {
    return same_mail(dedupe_, one, other);
  };
  const std::string copies = fmt::format(
      "SELECT min(m.id) AS id FROM temp.left_out l CROSS JOIN main.message g ON g.id = l.id"
      " JOIN (SELECT d.* FROM main.reason r CROSS JOIN main.message d ON d.id = r.message"
      " WHERE r.code = 'duplicate' AND d.state = 14) m ON m.mailbox = g.mailbox AND {}"
      " WHERE NOT EXISTS (SELECT 1 FROM main.note WHERE name = 'retired.' || m.folder)"
      " AND NOT EXISTS (SELECT 1 FROM temp.place p WHERE p.folder = m.folder"
      " AND p.offset = m.offset AND p.lies IS NULL)"
      " AND NOT EXISTS (SELECT 1 FROM main.message o WHERE o.mailbox = m.mailbox"
      " AND o.state <> 14 AND {}) GROUP BY m.mailbox, {}",
      same("m", "g"), same("o", "m"), by_id ? "m.message_id_hash" : "m.digest");
  return database_->script(
      "DROP TABLE IF EXISTS temp.copy;"
      "CREATE TEMP TABLE copy AS " +
      copies +
      ";"
      "UPDATE main.message SET state = 10"
      " WHERE id IN (SELECT id FROM temp.copy);"
      "DELETE FROM main.reason"
      " WHERE message IN (SELECT id FROM temp.copy);");
}

}  // namespace mboxferry::journal
