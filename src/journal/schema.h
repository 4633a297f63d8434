// SPDX-License-Identifier: Apache-2.0
// The tables of a journal, and the check that a file has them. docs/journal-format.md explains.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "journal/database.h"
#include "mboxferry/base/result.h"
#include "mboxferry/journal/journal.h"

namespace mboxferry::journal {

/// "MBXF", in the header of the file.
inline constexpr std::int64_t kApplicationId = 0x4D425846;
inline constexpr std::int64_t kFormatVersion = 6;
/// Older ones are from before any release, and are not read.
inline constexpr std::int64_t kOldestVersion = 2;

// Indexes that some jobs make. Skipped messages stand for nothing. Jobs without dedupe do not pay
// for those of messages that are the same.
inline constexpr const char* kMailboxIndex =
    "CREATE INDEX IF NOT EXISTS message_mailbox ON message(mailbox)";
inline constexpr const char* kMessageIdIndex =
    "CREATE INDEX IF NOT EXISTS message_same_id ON message(mailbox, message_id_hash)"
    " WHERE message_id_hash <> 0 AND state <> 14";
inline constexpr const char* kContentIndex =
    "CREATE INDEX IF NOT EXISTS message_same_content ON message(mailbox, substr(digest, 1, 8))"
    " WHERE state <> 14";

/// What a file holds.
enum class Content { nothing, journal, older_journal };

/// Fails with `configuration` when the file is no journal of ours, or one of a newer version, and
/// with `io` when its tables and indexes are not just those that this version made: a view, trigger
/// or other table could make any statement of ours mean something else.
Result<Content> check_content(Database& database);

/// "folders" or "mailboxes" when there are more of them than a job keeps in memory, else empty.
Result<std::string_view> too_many_names(Database& database);

/// Fails as damaged when rows that others refer to are not there, or names are too many. Looks at
/// the small tables and a few messages only.
Result<void> check_references(Database& database);

/// Makes the tables in an empty database, in one transaction.
Result<void> create_schema(Database& database);

/// Makes an older journal one of kFormatVersion, in one transaction. Not for a reader: whatever
/// reads only must do with the tables that there are.
Result<void> upgrade_schema(Database& database);

/// Makes the temporary tables that reconciling works on, empty.
Result<void> create_scratch(Database& database);
/// Makes their indexes. They hold what is not matched yet, so this waits until the certain matches
/// are out of the way: keeping them up to date during those costs far more.
Result<void> index_scratch(Database& database);
Result<void> drop_scratch(Database& database);

/// A message's state in the file. All of them take one byte and a UID four (see uid_to_disk), so
/// that a row never grows: rows that grew would split the pages, which indexing fills completely.
enum class DiskState : std::int64_t {
  planned = 10,
  intended = 11,
  stored = 12,
  refused = 13,
  skipped = 14,
  stored_without_uid = 15,
};

inline constexpr std::int64_t kUidBias = 2147483648;

constexpr std::int64_t uid_to_disk(Uid uid) { return static_cast<std::int64_t>(uid) - kUidBias; }

}  // namespace mboxferry::journal
