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

constexpr const char* kSelectEarlier =
    "SELECT f.path, m.offset FROM message m JOIN folder f ON f.id = m.folder WHERE m.mailbox = ?1"
    " AND m.state <> 14 AND m.folder NOT IN (SELECT id FROM temp.version) AND ";

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
  return database_->script(dedupe == Dedupe::message_id ? kMessageIdIndex : kContentIndex);
}

Result<void> SqliteJournal::skip_if_duplicate(MessageRow& row) {
  if (dedupe_ == Dedupe::none) return ok();
  // Former versions of the folder are not copies: its messages take over what was done with these.
  // What is left of those of others may be the stored half of a message that was cut.
  MBOXFERRY_TRY(list_versions(row.folder));
  const auto earlier = [&]() -> Result<Query> {
    if (dedupe_ == Dedupe::message_id) {
      static const std::string kSql =
          std::string(kSelectEarlier) +
          "m.message_id_hash = ?2 AND m.message_id_hash <> 0 AND (m.digest = ?3 OR m.folder NOT IN"
          " (SELECT CAST(substr(name, 9) AS INTEGER) FROM note WHERE name GLOB 'retired.*'))"
          " ORDER BY m.id LIMIT 1";
      return database_->query(kSql, row.mailbox, row.message_id_hash, Blob(row.digest));
    }
    static const std::string kSql =
        std::string(kSelectEarlier) +
        "substr(m.digest, 1, 8) = ?2 AND m.digest = ?3 ORDER BY m.id LIMIT 1";
    return database_->query(kSql, row.mailbox, Blob(row.digest).first(8), Blob(row.digest));
  };
  MBOXFERRY_ASSIGN(Query query, earlier());
  MBOXFERRY_ASSIGN(const bool found, query.next());
  if (!found) return ok();
  row.state = State::skipped;
  row.code = "duplicate";
  row.text = fmt::format("of the message at byte {} of {}", query.integer(1), query.text(0));
  return ok();
}

}  // namespace mboxferry::journal
