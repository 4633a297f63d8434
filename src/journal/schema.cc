// SPDX-License-Identifier: Apache-2.0
// The tables of a journal, and the check that a file has them. docs/journal-format.md explains.
#include "journal/schema.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>
#include <string_view>

#include "mboxferry/base/file.h"

namespace mboxferry::journal {
namespace {

constexpr const char* kTables = R"sql(
CREATE TABLE identity(
  name TEXT PRIMARY KEY NOT NULL,
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE digest_key(
  key BLOB NOT NULL
);

CREATE TABLE note(
  name TEXT PRIMARY KEY NOT NULL,
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE folder(
  id INTEGER PRIMARY KEY,
  archive TEXT NOT NULL,
  path TEXT NOT NULL,
  file TEXT NOT NULL,
  identity TEXT NOT NULL,
  profile TEXT NOT NULL,
  index_state TEXT NOT NULL,
  index_done INTEGER NOT NULL,
  mailbox INTEGER NOT NULL,
  first_message INTEGER NOT NULL DEFAULT 0,
  last_message INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE mailbox(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  renamed_from TEXT NOT NULL,
  uid_validity INTEGER NOT NULL,
  uid_floor INTEGER NOT NULL,
  existed_before INTEGER NOT NULL,
  created INTEGER NOT NULL,
  renewed INTEGER NOT NULL
);

CREATE TABLE mailbox_range(
  mailbox INTEGER PRIMARY KEY,
  first_message INTEGER NOT NULL,
  last_message INTEGER NOT NULL
);

CREATE TABLE message(
  id INTEGER PRIMARY KEY,
  folder INTEGER NOT NULL,
  mailbox INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  length INTEGER NOT NULL,
  wire_size INTEGER NOT NULL,
  digest BLOB NOT NULL,
  message_id_hash INTEGER NOT NULL,
  date INTEGER NOT NULL,
  zone INTEGER NOT NULL,
  date_source INTEGER NOT NULL,
  date_corrected INTEGER NOT NULL,
  flags INTEGER NOT NULL,
  keywords INTEGER,
  state INTEGER NOT NULL,
  uid INTEGER NOT NULL
);
CREATE INDEX message_intended ON message(mailbox) WHERE state = 11;
CREATE INDEX message_without_uid ON message(mailbox) WHERE state = 15;

CREATE TABLE keywords(
  id INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE
);

CREATE TABLE reason(
  message INTEGER PRIMARY KEY,
  code TEXT NOT NULL,
  text TEXT NOT NULL
);

CREATE TABLE intent(
  id INTEGER PRIMARY KEY,
  mailbox INTEGER NOT NULL,
  uid_validity INTEGER NOT NULL,
  uid_floor INTEGER NOT NULL,
  first_message INTEGER NOT NULL,
  last_message INTEGER NOT NULL
);

CREATE TABLE finding(
  id INTEGER PRIMARY KEY,
  folder INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  code TEXT NOT NULL,
  text TEXT NOT NULL,
  taken INTEGER NOT NULL
);
CREATE INDEX finding_folder ON finding(folder);
)sql";

// Messages that were planned again after they had been sent or may have been. Most jobs have none.
constexpr const char* kResentTable = "CREATE TABLE resent(message INTEGER PRIMARY KEY);";

// What of the archives is not read.
constexpr const char* kUnreadTable = R"sql(
CREATE TABLE unread(
  id INTEGER PRIMARY KEY,
  folder INTEGER NOT NULL,
  path TEXT NOT NULL,
  offset INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  reason TEXT NOT NULL
);
CREATE INDEX unread_place ON unread(folder, path, offset);
)sql";

// What sender lists decided: a row for each message that an entry matched, and for each such entry.
constexpr const char* kSenderTables = R"sql(
CREATE TABLE sender_entry(
  id INTEGER PRIMARY KEY,
  file TEXT NOT NULL,
  line INTEGER NOT NULL,
  text TEXT NOT NULL,
  allows INTEGER NOT NULL,
  global INTEGER NOT NULL,
  UNIQUE(file, line, text, allows, global)
);
CREATE TABLE sender_match(
  message INTEGER PRIMARY KEY,
  entry INTEGER NOT NULL,
  action INTEGER NOT NULL
);
)sql";

/// What a journal of the version before needs to become one of version `to`.
struct Upgrade {
  std::int64_t to;
  const char* script;
};
constexpr std::array<Upgrade, 4> kUpgrades{
    {{3, kResentTable}, {4, kUnreadTable}, {5, kSenderTables}, {6, ""}}};
static_assert(kUpgrades.back().to == kFormatVersion);

constexpr const char* kDropScratch = R"sql(
DROP TABLE IF EXISTS temp.doubt;
DROP TABLE IF EXISTS temp.seen;
DROP TABLE IF EXISTS temp.known;
DROP TABLE IF EXISTS temp.certain;
)sql";

constexpr const char* kScratch = R"sql(
CREATE TEMP TABLE doubt(
  id INTEGER PRIMARY KEY,
  in_doubt INTEGER NOT NULL,
  size INTEGER NOT NULL,
  date INTEGER NOT NULL,
  message_id_hash INTEGER NOT NULL,
  digest_head BLOB NOT NULL,
  taken INTEGER NOT NULL
);
CREATE TEMP TABLE seen(
  uid INTEGER PRIMARY KEY,
  size INTEGER NOT NULL,
  date INTEGER NOT NULL,
  message_id_hash INTEGER NOT NULL,
  taken INTEGER NOT NULL
);
CREATE TEMP TABLE known(uid INTEGER PRIMARY KEY);
CREATE TEMP TABLE certain(message INTEGER PRIMARY KEY, uid INTEGER NOT NULL UNIQUE);
)sql";

// `taken = 0` keeps every lookup short even among very many equal copies.
constexpr const char* kScratchIndexes = R"sql(
CREATE INDEX temp.doubt_size ON doubt(size) WHERE taken = 0;
CREATE INDEX temp.doubt_no_id ON doubt(size) WHERE taken = 0 AND message_id_hash = 0;
CREATE INDEX temp.doubt_hash ON doubt(message_id_hash) WHERE taken = 0;
CREATE INDEX temp.doubt_hash_date ON doubt(message_id_hash, date, size) WHERE taken = 0;
CREATE INDEX temp.doubt_digest ON doubt(digest_head, in_doubt) WHERE taken = 0;
CREATE INDEX temp.doubt_digest_date ON doubt(digest_head, date, in_doubt) WHERE taken = 0;
)sql";

/// With one space in place of each run of blanks and line ends, and none at the ends.
std::string one_line(std::string_view sql) {
  std::string line;
  for (const char c : sql) {
    const bool blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (!blank) line += c;
    if (blank && !line.empty() && line.back() != ' ') line += ' ';
  }
  if (line.ends_with(' ')) line.pop_back();
  return line;
}

/// The statements of a script, none of which holds a `;` of its own, as SQLite keeps them.
void add_statements(std::string_view script, std::set<std::string, std::less<>>& statements) {
  constexpr std::string_view kIfNotExists = "IF NOT EXISTS ";
  while (!script.empty()) {
    const std::size_t end = std::min(script.find(';'), script.size());
    std::string statement = one_line(script.substr(0, end));
    if (const std::size_t at = statement.find(kIfNotExists); at != std::string::npos)
      statement.erase(at, kIfNotExists.size());
    if (!statement.empty()) statements.insert(std::move(statement));
    script.remove_prefix(std::min(end + 1, script.size()));
  }
}

Result<void> check_objects(Database& database, std::int64_t version) {
  std::set<std::string, std::less<>> missing;
  std::set<std::string, std::less<>> optional;
  add_statements(kTables, missing);
  for (const Upgrade& upgrade : kUpgrades)
    if (upgrade.to <= version) add_statements(upgrade.script, missing);
  for (const char* index : {kMailboxIndex, kMessageIdIndex, kContentIndex})
    add_statements(index, optional);
  MBOXFERRY_ASSIGN(Query objects,
                   database.query("SELECT name, coalesce(sql, '') FROM main.sqlite_schema"));
  for (;;) {
    MBOXFERRY_ASSIGN(const bool row, objects.next());
    if (!row) break;
    const std::string name = objects.text(0);
    const std::string sql = one_line(objects.text(1));
    // SQLite makes these for keys.
    if (sql.empty() && name.starts_with("sqlite_autoindex_")) continue;
    if (missing.erase(sql) + optional.erase(sql) > 0) continue;
    return damaged(database.path(), fmt::format("\"{}\" in it is none of ours", name));
  }
  if (missing.empty()) return ok();
  return damaged(database.path(), fmt::format("it lacks \"{}\"", *missing.begin()));
}

Result<void> draw_digest_key(Database& database) {
  DigestKey key{};
  if (getentropy(key.data(), key.size()) != 0) {
    return Error{.code = ErrorCode::io,
                 .what = fmt::format("the system gives no random bytes: {}", errno_text(errno)),
                 .hint = "check that /dev/urandom can be read"};
  }
  MBOXFERRY_TRY(database.run("INSERT INTO digest_key(key) VALUES(?1)", Blob(key)));
  // An older journal that is continued does not get it: its digests are as they were.
  MBOXFERRY_TRY(database.run("INSERT INTO note(name, value) VALUES(?1, '1')",
                             std::string_view(kDigestsWithoutMarksNote)));
  return ok();
}

}  // namespace

Result<Content> check_content(Database& database) {
  MBOXFERRY_ASSIGN(const std::int64_t application, database.number("PRAGMA application_id"));
  MBOXFERRY_ASSIGN(const std::int64_t version, database.number("PRAGMA user_version"));
  MBOXFERRY_ASSIGN(const std::int64_t tables,
                   database.number("SELECT count(*) FROM sqlite_schema"));
  if (application == 0 && version == 0 && tables == 0) return Content::nothing;
  if (application != kApplicationId) {
    return Error{
        .code = ErrorCode::configuration,
        .what = fmt::format("{} is no mboxferry journal but another program's database",
                            database.path()),
        .hint = "name another file; migrate takes it with --journal (a batch: --state-dir)"};
  }
  if (version > kFormatVersion) {
    return Error{
        .code = ErrorCode::configuration,
        .what = fmt::format("the journal {} was made by a newer mboxferry (format {}, this "
                            "program knows up to {})",
                            database.path(), version, kFormatVersion),
        .hint = "go on with the version of mboxferry that made it"};
  }
  if (version < 1) return damaged(database.path(), fmt::format("it says format {}", version));
  if (version < kOldestVersion) {
    return Error{.code = ErrorCode::configuration,
                 .what = fmt::format("the journal {} was made by an mboxferry of before the first "
                                     "release (format {}, this program knows {} to {})",
                                     database.path(), version, kOldestVersion, kFormatVersion),
                 .hint =
                     "finish the job with that version, or begin a new one with another "
                     "--journal (a batch: --state-dir) and --skip-existing"};
  }
  MBOXFERRY_TRY(check_objects(database, version));
  MBOXFERRY_TRY(check_references(database));
  return version < kFormatVersion ? Content::older_journal : Content::journal;
}

Result<void> create_schema(Database& database) {
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(database));
  MBOXFERRY_TRY(database.script(kTables));
  for (const Upgrade& upgrade : kUpgrades) MBOXFERRY_TRY(database.script(upgrade.script));
  MBOXFERRY_TRY(draw_digest_key(database));
  MBOXFERRY_TRY(database.script(fmt::format("PRAGMA application_id={};PRAGMA user_version={};",
                                            kApplicationId, kFormatVersion)));
  return transaction.commit();
}

Result<void> upgrade_schema(Database& database) {
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(database));
  MBOXFERRY_ASSIGN(const std::int64_t version, database.number("PRAGMA user_version"));
  for (const Upgrade& upgrade : kUpgrades) {
    if (upgrade.to > version) MBOXFERRY_TRY(database.script(upgrade.script));
  }
  MBOXFERRY_TRY(database.script(fmt::format("PRAGMA user_version={};", kFormatVersion)));
  return transaction.commit();
}

Result<void> create_scratch(Database& database) {
  MBOXFERRY_TRY(drop_scratch(database));
  return database.script(kScratch);
}

Result<void> index_scratch(Database& database) { return database.script(kScratchIndexes); }

Result<void> drop_scratch(Database& database) { return database.script(kDropScratch); }

}  // namespace mboxferry::journal
