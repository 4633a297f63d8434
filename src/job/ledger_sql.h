// SPDX-License-Identifier: Apache-2.0
// The statements of the ledger.
#pragma once

namespace mboxferry::job {

inline constexpr int kLedgerFormat = 2;

// States are those of AccountState, in its order.
inline constexpr const char* kCreateLedger =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
    "CREATE TABLE IF NOT EXISTS account("
    " id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, account TEXT NOT NULL, user TEXT NOT NULL,"
    " host TEXT NOT NULL, place TEXT NOT NULL, line INTEGER NOT NULL, offset INTEGER NOT NULL,"
    " size INTEGER NOT NULL, archive_stamp TEXT NOT NULL, credentials_stamp TEXT NOT NULL,"
    " journal TEXT NOT NULL, state INTEGER NOT NULL, what TEXT NOT NULL DEFAULT '',"
    " messages INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0,"
    " refused INTEGER NOT NULL DEFAULT 0, messages_now INTEGER NOT NULL DEFAULT 0,"
    " bytes_now INTEGER NOT NULL DEFAULT 0, seconds REAL NOT NULL DEFAULT 0,"
    " attempts INTEGER NOT NULL DEFAULT 0, note TEXT NOT NULL DEFAULT '',"
    " named INTEGER NOT NULL, chosen INTEGER NOT NULL);"
    "CREATE INDEX IF NOT EXISTS account_largest ON account(place, state, size DESC, offset)"
    " WHERE chosen;"
    "CREATE INDEX IF NOT EXISTS account_in_order ON account(place, state, offset) WHERE chosen;"
    "CREATE INDEX IF NOT EXISTS account_running ON account(account) WHERE state = 1;"
    "CREATE INDEX IF NOT EXISTS account_offset ON account(offset) WHERE chosen;"
    "CREATE INDEX IF NOT EXISTS account_journal ON account(journal) WHERE named;"
    // Holds all that is counted several times a second.
    "CREATE INDEX IF NOT EXISTS account_states ON account(state, size) WHERE chosen;"
    // A digest of the sender lists that an account of that key had when a batch met it last.
    "CREATE TABLE IF NOT EXISTS lists("
    " key TEXT PRIMARY KEY NOT NULL, digest TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS place("
    " name TEXT PRIMARY KEY, running INTEGER NOT NULL, turn INTEGER NOT NULL,"
    " failures INTEGER NOT NULL, not_before INTEGER NOT NULL) WITHOUT ROWID;"
    // A batch may name another server in each row.
    "CREATE INDEX IF NOT EXISTS place_turn ON place(running, turn, not_before);";

// What ran when the last run was killed waits again; its journal knows the rest.
inline constexpr const char* kForgetRun =
    "DELETE FROM account WHERE key GLOB 'row:*';"
    "UPDATE account SET named = 0, chosen = 0, attempts = 0,"
    " state = CASE state WHEN 1 THEN 0 ELSE state END;"
    "DELETE FROM place;";

// How the rows of one reading spell their accounts.
inline constexpr const char* kCreateSpellings =
    "CREATE TEMP TABLE IF NOT EXISTS spelling(likeness INTEGER NOT NULL, account TEXT NOT NULL,"
    " host TEXT NOT NULL, line INTEGER NOT NULL, PRIMARY KEY(likeness, account)) WITHOUT ROWID;"
    "DELETE FROM spelling;";
inline constexpr const char* kOthersLike =
    "SELECT account, host, line FROM spelling WHERE likeness = ?1 ORDER BY line LIMIT 8";
inline constexpr const char* kNoteSpelling =
    "INSERT OR IGNORE INTO spelling(likeness, account, host, line) VALUES(?1, ?2, ?3, ?4)";

// An account that is complete is not connected to again, unless its archive or row has changed.
// What was for later or failed is tried again, a refused login only when something has changed.
inline constexpr const char* kAddAccount =
    "INSERT INTO account(key, account, user, host, place, line, offset, size, archive_stamp,"
    " credentials_stamp, journal, state, named, chosen)"
    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?13, 0, 1, ?11)"
    " ON CONFLICT(key) DO UPDATE SET account = ?2, user = ?3, host = ?4, place = ?5, line = ?6,"
    " offset = ?7, size = ?8, archive_stamp = ?9, credentials_stamp = ?10, journal = ?13,"
    " named = 1, chosen = ?11,"
    " state = CASE WHEN NOT ?11 THEN state"
    "  WHEN state IN (4, 6, 7) OR (?12 AND state IN (3, 5)) THEN 0"
    "  WHEN state = 5 AND credentials_stamp <> ?10 THEN 0"
    "  WHEN state IN (2, 3) AND archive_stamp <> ?9 THEN 0"
    "  ELSE state END";

inline constexpr const char* kHadOtherLists =
    "SELECT 1 FROM account a JOIN lists l ON l.key = a.key WHERE a.key = ?1 AND a.state = 2"
    " AND a.archive_stamp = ?2 AND l.digest <> ?3";
inline constexpr const char* kNoteLists =
    "INSERT OR REPLACE INTO lists(key, digest) VALUES(?1, ?2)";

// A row that cannot be used takes part as an account that has failed. It is nobody's: when it is
// mended, the account goes on from what is known of it.
inline constexpr const char* kAddRefused =
    "INSERT INTO account(key, account, user, host, place, line, offset, size, archive_stamp,"
    " credentials_stamp, journal, state, what, named, chosen, note)"
    " VALUES('row:' || ?1, ?2, ?3, ?4, '', ?5, ?1, 0, '', '', ?6, 6, ?7, 1, ?8, ?9)";

inline constexpr const char* kListPlaces =
    "INSERT INTO place SELECT DISTINCT place, 0, 0, 0, 0 FROM account WHERE chosen";

inline constexpr const char* kPlacesByTurn =
    "SELECT name FROM place WHERE running < ?1 AND not_before <= ?2"
    " AND EXISTS (SELECT 1 FROM account WHERE place = name AND state = 0 AND chosen)"
    " ORDER BY running, turn";

#define MBOXFERRY_LEDGER_COLUMNS                                                               \
  "id, key, account, user, host, place, line, offset, size, archive_stamp, credentials_stamp," \
  " journal, state, what, messages, bytes, refused, messages_now,"                             \
  " bytes_now, seconds, attempts"
#define MBOXFERRY_LEDGER_NEXT                                              \
  "SELECT " MBOXFERRY_LEDGER_COLUMNS                                       \
  " FROM account WHERE place = ?1 AND state = 0 AND chosen AND NOT EXISTS" \
  " (SELECT 1 FROM account AS busy WHERE busy.account = account.account AND busy.state = 1)"

inline constexpr const char* kNextLargest =
    MBOXFERRY_LEDGER_NEXT " ORDER BY size DESC, offset LIMIT 1";
inline constexpr const char* kNextInOrder = MBOXFERRY_LEDGER_NEXT " ORDER BY offset LIMIT 1";
inline constexpr const char* kEachChosen = "SELECT " MBOXFERRY_LEDGER_COLUMNS
                                           " FROM account WHERE chosen AND offset > ?1"
                                           " ORDER BY offset LIMIT ?2";
inline constexpr const char* kEachNamed = "SELECT " MBOXFERRY_LEDGER_COLUMNS
                                          " FROM account WHERE named AND id > ?1"
                                          " ORDER BY id LIMIT ?2";

inline constexpr const char* kStampWhenDone =
    "SELECT archive_stamp FROM account WHERE key = ?1 AND (state = 2 OR (state = 3 AND NOT ?2))";

inline constexpr const char* kWithJournal =
    "SELECT " MBOXFERRY_LEDGER_COLUMNS " FROM account WHERE named AND journal = ?1 LIMIT 1";

inline constexpr const char* kHasStored =
    "SELECT EXISTS (SELECT 1 FROM account WHERE chosen AND (messages > 0 OR state = 2))";

// Most reasons name the account, or say how much there is of what, where all else is the same. The
// columns are those of the row that min() found (https://sqlite.org/lang_select.html, "Bare columns
// in an aggregate query").
inline constexpr const char* kReasons =
    "SELECT " MBOXFERRY_LEDGER_COLUMNS
    ", count(*), sum(refused), replace(replace(what, account || ': ', ''), account, '') AS reason, "
    "min(offset)"
    " FROM account WHERE chosen AND state <> 2 GROUP BY state, without_figures(reason)"
    " ORDER BY count(*) DESC, offset LIMIT ?1";

#undef MBOXFERRY_LEDGER_NEXT
#undef MBOXFERRY_LEDGER_COLUMNS

inline constexpr const char* kSetRunning =
    "UPDATE account SET state = 1, attempts = attempts + 1 WHERE id = ?";

inline constexpr const char* kSettleAccount =
    "UPDATE account SET state = ?1, what = ?2, messages = ?3, bytes = ?4, refused = ?5,"
    " messages_now = ?6, bytes_now = ?7, seconds = ?8, note = ?9 WHERE id = ?10";

inline constexpr const char* kSettlePlace =
    "UPDATE place SET running = running - 1, failures = ?1, not_before = ?2 WHERE name = ?3";

// One that has nothing left is not to be passed over each time.
inline constexpr const char* kClosePlace =
    "DELETE FROM place WHERE name = ?1 AND running = 0 AND NOT EXISTS"
    " (SELECT 1 FROM account WHERE place = ?1 AND state = 0 AND chosen)";

inline constexpr const char* kPostponePlace =
    "UPDATE account SET state = 4, what = ?1 WHERE place = ?2 AND state = 0 AND chosen";

inline constexpr const char* kCountStates =
    "SELECT state, count(*), total(size) FROM account WHERE chosen GROUP BY state";

}  // namespace mboxferry::job
