// SPDX-License-Identifier: Apache-2.0
// What holds of the rows of a journal. Those that others refer to are there: a journal that lacks
// some would be judged by each command by the tables that it happens to read. And those that are
// kept in memory, folders and mailboxes, have a bound.
#include <fmt/format.h>

#include <array>
#include <string_view>

#include "journal/schema.h"

namespace mboxferry::journal {
namespace {

/// A question that finds a row which refers to none; small tables, and a few rows of `message`.
struct Reference {
  const char* what;
  const char* sql;
};

constexpr std::array<Reference, 7> kReferences{{
    {"a mailbox that a folder goes into",
     "SELECT mailbox FROM folder WHERE mailbox > 0"
     " AND mailbox NOT IN (SELECT id FROM mailbox) LIMIT 1"},
    {"a mailbox that has messages",
     "SELECT mailbox FROM mailbox_range WHERE mailbox > 0"
     " AND mailbox NOT IN (SELECT id FROM mailbox) LIMIT 1"},
    {"a mailbox that messages were sent to",
     "SELECT mailbox FROM intent WHERE mailbox NOT IN (SELECT id FROM mailbox) LIMIT 1"},
    {"the first message of a folder",
     "SELECT id FROM folder WHERE last_message > 0 AND NOT EXISTS (SELECT 1 FROM message"
     " WHERE message.id = folder.first_message AND message.folder = folder.id) LIMIT 1"},
    {"the last message of a folder",
     "SELECT id FROM folder WHERE last_message > 0 AND NOT EXISTS (SELECT 1 FROM message"
     " WHERE message.id = folder.last_message AND message.folder = folder.id) LIMIT 1"},
    {"the folder of the first message",
     "SELECT folder FROM message WHERE id = (SELECT min(id) FROM message)"
     " AND folder NOT IN (SELECT id FROM folder)"},
    {"the folder of the last message",
     "SELECT folder FROM message WHERE id = (SELECT max(id) FROM message)"
     " AND (folder NOT IN (SELECT id FROM folder)"
     " OR mailbox NOT IN (SELECT mailbox FROM mailbox_range))"},
}};

// Of the names, places and states of each kind, with what a row takes besides. Half of what any
// command may take in all; an account of 100,000 folders with long names has about 40 MiB.
constexpr std::int64_t kMostNameBytes = std::int64_t{64} << 20;
constexpr const char* kFolderBytes =
    "SELECT coalesce(sum(160 + length(CAST(archive AS BLOB)) + length(CAST(path AS BLOB))"
    " + length(CAST(file AS BLOB)) + length(CAST(identity AS BLOB))"
    " + length(CAST(profile AS BLOB)) + length(CAST(index_state AS BLOB))), 0) FROM folder";
constexpr const char* kMailboxBytes =
    "SELECT coalesce(sum(160 + length(CAST(name AS BLOB))"
    " + length(CAST(renamed_from AS BLOB))), 0) FROM mailbox";

}  // namespace

Result<std::string_view> too_many_names(Database& database) {
  MBOXFERRY_ASSIGN(const std::int64_t folders, database.number(kFolderBytes));
  if (folders > kMostNameBytes) return std::string_view("folders");
  MBOXFERRY_ASSIGN(const std::int64_t mailboxes, database.number(kMailboxBytes));
  return std::string_view(mailboxes > kMostNameBytes ? "mailboxes" : "");
}

Result<void> check_references(Database& database) {
  MBOXFERRY_ASSIGN(const std::string_view too_many, too_many_names(database));
  if (!too_many.empty())
    return damaged(database.path(), fmt::format("it names more {} than any of ours", too_many));
  for (const Reference& reference : kReferences) {
    MBOXFERRY_ASSIGN(Query query, database.query(reference.sql));
    MBOXFERRY_ASSIGN(const bool found, query.next());
    if (!found) continue;
    return damaged(database.path(),
                   fmt::format("it lacks {} (number {})", reference.what, query.integer(0)));
  }
  return ok();
}

}  // namespace mboxferry::journal
