// SPDX-License-Identifier: Apache-2.0
// Rows that others refer to are there: a journal that lacks some would be judged by each command by
// the tables that it happens to read.
#include <fmt/format.h>

#include <array>

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

}  // namespace

Result<void> check_references(Database& database) {
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
