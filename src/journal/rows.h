// SPDX-License-Identifier: Apache-2.0
// How a message's row is read from the file, and how its parts are encoded there.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "journal/database.h"
#include "journal/schema.h"
#include "mboxferry/journal/journal.h"

namespace mboxferry::journal {

/// The columns that read_message() expects, up to and without WHERE.
inline const std::string kSelectMessage =
    "SELECT m.id, m.folder, m.mailbox, m.offset, m.length, m.wire_size, m.digest,"
    " m.message_id_hash, m.date, m.zone, m.date_source, m.date_corrected, m.flags, m.state,"
    " m.uid, k.text, r.code, r.text"
    " FROM message m LEFT JOIN keywords k ON k.id = m.keywords"
    " LEFT JOIN reason r ON m.state IN (13, 14) AND r.message = m.id ";

/// The rows of mailbox ?1, walked between the bounds that are kept for it.
inline constexpr std::string_view kInMailbox =
    "id BETWEEN (SELECT first_message FROM main.mailbox_range WHERE mailbox = ?1)"
    " AND (SELECT last_message FROM main.mailbox_range WHERE mailbox = ?1) AND mailbox = ?1";

/// Reads the row that `query` stands on; an impossible one is a damaged journal.
Result<MessageRow> read_message(const Query& query, const std::string& path);

/// All rows of a query over kSelectMessage; the query itself bounds how many.
Result<std::vector<MessageRow>> read_messages(Query query, const std::string& path);

constexpr std::int64_t to_disk(DiskState state) { return static_cast<std::int64_t>(state); }
constexpr std::int64_t to_disk(std::uint64_t value) { return static_cast<std::int64_t>(value); }

/// What a state in the file means outside; nothing for a number that is none.
std::optional<State> public_state(std::int64_t on_disk);

/// The state that a row has when it is written for the first time.
DiskState disk_state(State state, Uid uid);

/// Rows a visitor's page holds.
inline constexpr std::int64_t kPageRows = 1000;
/// A page of rows with texts ends when they have more bytes, as those of a forged journal may.
inline constexpr std::size_t kPageBytes = std::size_t{4} << 20U;

}  // namespace mboxferry::journal
