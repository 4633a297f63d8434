// SPDX-License-Identifier: Apache-2.0
// The ledger of a batch, in SQLite.
#include "mboxferry/job/ledger.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <utility>

#include "job/ledger_sql.h"
#include "mboxferry/base/figures.h"
#include "mboxferry/base/file_access.h"
#include "mboxferry/base/glob.h"
#include "mboxferry/journal/lock_file.h"
#include "mboxferry/journal/unchanging_uri.h"

namespace mboxferry::job {
namespace {

using std::chrono::milliseconds;

// A server that did not answer is left alone for a while, longer each time; after some times all
// accounts on it are for later.
constexpr milliseconds kFirstPause{5'000};
constexpr milliseconds kLongestPause{120'000};
constexpr int kMostFailuresOfPlace = 4;
constexpr int kBusyMilliseconds = 10'000;

std::int64_t ticks(Ledger::TimePoint time) {
  return std::chrono::duration_cast<milliseconds>(time.time_since_epoch()).count();
}

std::int64_t number(std::uint64_t value) { return static_cast<std::int64_t>(value); }

std::uint64_t count(SQLite::Statement& row, int column) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(row.getColumn(column).getInt64(), 0));
}

int on_disk(AccountState state) { return static_cast<int>(state); }

AccountState from_disk(int state) {
  return state >= 0 && state <= on_disk(AccountState::incomplete) ? static_cast<AccountState>(state)
                                                                  : AccountState::failed;
}

/// Columns as in MBOXFERRY_LEDGER_COLUMNS.
Entry read_entry(SQLite::Statement& row) {
  Entry entry;
  entry.id = row.getColumn(0).getInt64();
  entry.key = row.getColumn(1).getString();
  entry.account = row.getColumn(2).getString();
  entry.user = row.getColumn(3).getString();
  entry.host = row.getColumn(4).getString();
  entry.place = row.getColumn(5).getString();
  entry.line = count(row, 6);
  entry.offset = count(row, 7);
  entry.size = count(row, 8);
  entry.archive_stamp = row.getColumn(9).getString();
  entry.credentials_stamp = row.getColumn(10).getString();
  entry.journal = row.getColumn(11).getString();
  entry.state = from_disk(row.getColumn(12).getInt());
  entry.what = row.getColumn(13).getString();
  entry.messages = count(row, 14);
  entry.bytes = count(row, 15);
  entry.refused = count(row, 16);
  entry.messages_now = count(row, 17);
  entry.bytes_now = count(row, 18);
  entry.seconds = row.getColumn(19).getDouble();
  entry.attempts = row.getColumn(20).getInt();
  return entry;
}

milliseconds pause_after(int failures) {
  return std::min(kLongestPause, kFirstPause * (1 << std::clamp(failures - 1, 0, 10)));
}

}  // namespace

std::string_view account_state_name(AccountState state) {
  switch (state) {
    case AccountState::waiting:
      return "waiting";
    case AccountState::running:
      return "running";
    case AccountState::complete:
      return "complete";
    case AccountState::refused:
      return "refused";
    case AccountState::incomplete:
      return "incomplete";
    case AccountState::later:
      return "not finished";
    case AccountState::login_refused:
      return "login refused";
    case AccountState::failed:
      break;
  }
  return "failed";
}

/// Statements that are used for each row of a file.
struct Adding {
  SQLite::Statement known;
  SQLite::Statement insert;
  SQLite::Statement refuse;
  SQLite::Statement others;
  SQLite::Statement note;
  SQLite::Statement had_other_lists;
  SQLite::Statement note_lists;
};

/// The SQL function `without_figures(TEXT)`.
void text_without_figures(sqlite3_context* context, int, sqlite3_value** values) {
  const auto* const text = reinterpret_cast<const char*>(sqlite3_value_text(values[0]));
  const std::string plain = without_figures(text == nullptr ? "" : text);
  sqlite3_result_text(context, plain.data(), static_cast<int>(plain.size()), SQLITE_TRANSIENT);
}

struct Ledger::State {
  std::unique_ptr<journal::LockFile> lock;  ///< none for one that is gone when closed
  SQLite::Database database{":memory:"};
  std::unique_ptr<Adding> adding;  ///< between begin() and end()
  mutable std::mutex mutex;
  Choice choice;
  std::int64_t turn = 0;
  std::pair<std::uint64_t, std::string> with_other_lists;

  [[nodiscard]] Error error(const SQLite::Exception& exception) const {
    const bool full = exception.getErrorCode() == 13;  // SQLITE_FULL
    return {full ? ErrorCode::cannot_create : ErrorCode::io,
            "the ledger " + database.getFilename() + ": " + exception.what(),
            "it is made anew from the accounts' journals when it is removed"};
  }

  /// Runs `work` with the lock held; what SQLiteCpp throws becomes an error.
  template <typename Work>
  auto guarded(const Work& work) const -> decltype(work()) {
    const std::lock_guard guard(mutex);
    try {
      return work();
    } catch (const SQLite::Exception& exception) {
      return error(exception);
    }
  }

  [[nodiscard]] bool chooses(const NewEntry& entry) const {
    return choice.only.empty() || glob_matches(choice.only, entry.user);
  }
  /// Before the account is added.
  void compare_lists(const NewEntry& entry);
  std::optional<Entry> next_of(const std::string& place);
  void note_place(const Entry& entry, bool is_down, TimePoint now);
};

Ledger::Ledger(std::unique_ptr<State> state) : state_(std::move(state)) {}
Ledger::~Ledger() = default;

namespace {

Error other_version(const std::string& path) {
  return {ErrorCode::configuration, "the ledger " + path + " is of another version of mboxferry",
          "use that version, or remove it: it is made anew from the accounts' journals"};
}

constexpr int kStepsPerLook = 10'000;

int is_interrupted(void* interrupt) noexcept {
  return static_cast<const Cancellation*>(interrupt)->requested() ? 1 : 0;
}

// Where SQLite may not make its files beside a ledger, one that nobody works with can be read all
// the same.
SQLite::Database open_database_to_read(const std::string& path) {
  try {
    SQLite::Database database(path, SQLite::OPEN_READONLY, kBusyMilliseconds);
    database.execAndGet("PRAGMA user_version");
    return database;
  } catch (const SQLite::Exception&) {
    std::error_code ignored;
    if (const auto log = std::filesystem::file_size(path + "-wal", ignored); !ignored && log > 0)
      throw;
    return {journal::unchanging_uri(path), SQLite::OPEN_READONLY | SQLite::OPEN_URI};
  }
}

}  // namespace

Result<std::unique_ptr<const Ledger>> Ledger::open_to_read(const std::string& path, bool anyones,
                                                           const Cancellation* interrupt) {
  if (!anyones) MBOXFERRY_TRY(check_state_file(path));
  try {
    auto state = std::make_unique<State>();
    state->database = open_database_to_read(path);
    if (interrupt != nullptr) {
      sqlite3_progress_handler(state->database.getHandle(), kStepsPerLook, is_interrupted,
                               const_cast<Cancellation*>(interrupt));
    }
    if (state->database.execAndGet("PRAGMA user_version").getInt() != kLedgerFormat)
      return other_version(path);
    return std::unique_ptr<const Ledger>(new Ledger(std::move(state)));
  } catch (const SQLite::Exception& exception) {
    return Error{ErrorCode::io, "cannot read the ledger " + path + ": " + exception.what(),
                 "it is made anew from the accounts' journals when it is removed"};
  }
}

Result<std::unique_ptr<Ledger>> Ledger::open(const std::string& path) {
  try {
    auto state = std::make_unique<State>();
    if (!path.empty()) {
      MBOXFERRY_ASSIGN(journal::LockFile lock, journal::LockFile::take(path));
      state->lock = std::make_unique<journal::LockFile>(std::move(lock));
      MBOXFERRY_TRY(create_private_file("ledger", path, "--state-dir"));
      MBOXFERRY_TRY(check_state_file(path));
    }
    state->database = SQLite::Database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    state->database.exec(kCreateLedger);
    const int format = state->database.execAndGet("PRAGMA user_version").getInt();
    if (format != 0 && format != kLedgerFormat) return other_version(path);
    state->database.exec("PRAGMA user_version = " + std::to_string(kLedgerFormat));
    return std::unique_ptr<Ledger>(new Ledger(std::move(state)));
  } catch (const SQLite::Exception& exception) {
    return Error{ErrorCode::cannot_create,
                 "cannot open the ledger " + path + ": " + exception.what(),
                 "choose another folder with --state-dir"};
  }
}

Result<void> Ledger::begin(const Choice& choice) {
  return state_->guarded([&]() -> Result<void> {
    state_->choice = choice;
    state_->database.exec("BEGIN IMMEDIATE");
    state_->database.exec(kForgetRun);
    state_->database.exec(kCreateSpellings);
    state_->adding = std::make_unique<Adding>(
        Adding{{state_->database, "SELECT line FROM account WHERE key = ? AND named"},
               {state_->database, kAddAccount},
               {state_->database, kAddRefused},
               {state_->database, kOthersLike},
               {state_->database, kNoteSpelling},
               {state_->database, kHadOtherLists},
               {state_->database, kNoteLists}});
    return ok();
  });
}

Result<std::optional<std::string>> Ledger::stamp_when_done(const std::string& key) const {
  return state_->guarded([&]() -> Result<std::optional<std::string>> {
    SQLite::Statement known(state_->database, kStampWhenDone);
    known.bind(1, key);
    known.bind(2, state_->choice.retry_failed ? 1 : 0);
    if (!known.executeStep()) return std::optional<std::string>();
    return std::optional(known.getColumn(0).getString());
  });
}

Result<std::optional<Entry>> Ledger::with_journal(const std::string& journal) const {
  return state_->guarded([&]() -> Result<std::optional<Entry>> {
    SQLite::Statement known(state_->database, kWithJournal);
    known.bind(1, journal);
    if (!known.executeStep()) return std::optional<Entry>();
    return std::optional(read_entry(known));
  });
}

Result<std::vector<Spelling>> Ledger::others_like(const NewEntry& entry) {
  return state_->guarded([&]() -> Result<std::vector<Spelling>> {
    std::vector<Spelling> others;
    SQLite::Statement& find = state_->adding->others;
    find.reset();
    find.bind(1, entry.likeness);
    while (find.executeStep())
      others.push_back(
          {find.getColumn(0).getString(), find.getColumn(1).getString(), count(find, 2)});
    SQLite::Statement& note = state_->adding->note;
    note.reset();
    note.bind(1, entry.likeness);
    note.bind(2, entry.account);
    note.bind(3, entry.host);
    note.bind(4, static_cast<std::int64_t>(entry.line));
    note.exec();
    return others;
  });
}

Result<std::optional<std::uint64_t>> Ledger::add(const NewEntry& entry) {
  return state_->guarded([&]() -> Result<std::optional<std::uint64_t>> {
    SQLite::Statement& known = state_->adding->known;
    known.reset();
    known.bind(1, entry.key);
    if (known.executeStep()) return std::optional(count(known, 0));
    state_->compare_lists(entry);
    SQLite::Statement& insert = state_->adding->insert;
    insert.reset();
    insert.bind(1, entry.key);
    insert.bind(2, entry.account);
    insert.bind(3, entry.user);
    insert.bind(4, entry.host);
    insert.bind(5, entry.place);
    insert.bind(6, number(entry.line));
    insert.bind(7, number(entry.offset));
    insert.bind(8, number(entry.size));
    insert.bind(9, entry.archive_stamp);
    insert.bind(10, entry.credentials_stamp);
    insert.bind(11, state_->chooses(entry) ? 1 : 0);
    insert.bind(12, state_->choice.retry_failed ? 1 : 0);
    insert.bind(13, entry.journal);
    insert.exec();
    return std::optional<std::uint64_t>();
  });
}

void Ledger::State::compare_lists(const NewEntry& entry) {
  if (!chooses(entry)) return;
  SQLite::Statement& other = adding->had_other_lists;
  other.reset();
  other.bind(1, entry.key);
  other.bind(2, entry.archive_stamp);
  other.bind(3, entry.lists);
  if (other.executeStep() && ++with_other_lists.first == 1) with_other_lists.second = entry.user;
  SQLite::Statement& note = adding->note_lists;
  note.reset();
  note.bind(1, entry.key);
  note.bind(2, entry.lists);
  note.exec();
}

std::pair<std::uint64_t, std::string> Ledger::with_other_lists() const {
  return state_->with_other_lists;
}

Result<void> Ledger::add_refused(const NewEntry& entry, const std::string& why,
                                 const std::string& shown) {
  return state_->guarded([&]() -> Result<void> {
    SQLite::Statement& refuse = state_->adding->refuse;
    refuse.reset();
    refuse.bind(1, number(entry.offset));
    refuse.bind(2, entry.account);
    refuse.bind(3, entry.user);
    refuse.bind(4, entry.host);
    refuse.bind(5, number(entry.line));
    refuse.bind(6, entry.journal);
    refuse.bind(7, why);
    refuse.bind(8, state_->chooses(entry) ? 1 : 0);
    refuse.bind(9, shown);
    refuse.exec();
    return ok();
  });
}

Result<void> Ledger::end() {
  return state_->guarded([&]() -> Result<void> {
    state_->adding.reset();
    state_->database.exec(kListPlaces);
    state_->database.exec("COMMIT");
    return ok();
  });
}

std::optional<Entry> Ledger::State::next_of(const std::string& place) {
  SQLite::Statement next(database, choice.largest_first ? kNextLargest : kNextInOrder);
  next.bind(1, place);
  if (!next.executeStep()) return std::nullopt;
  return read_entry(next);
}

Result<std::optional<Entry>> Ledger::take(int per_place, TimePoint now) {
  return state_->guarded([&]() -> Result<std::optional<Entry>> {
    SQLite::Statement places(state_->database, kPlacesByTurn);
    places.bind(1, per_place);
    places.bind(2, ticks(now));
    while (places.executeStep()) {
      const std::string place = places.getColumn(0).getString();
      auto entry = state_->next_of(place);
      // All that wait there are accounts that have another row at work.
      if (!entry) continue;
      places.reset();
      SQLite::Statement run(state_->database, kSetRunning);
      run.bind(1, entry->id);
      run.exec();
      SQLite::Statement busy(state_->database,
                             "UPDATE place SET running = running + 1, turn = ? WHERE name = ?");
      busy.bind(1, ++state_->turn);
      busy.bind(2, place);
      busy.exec();
      entry->state = AccountState::running;
      ++entry->attempts;
      return entry;
    }
    return std::optional<Entry>();
  });
}

/// With the mutex held.
void Ledger::State::note_place(const Entry& entry, bool is_down, TimePoint now) {
  int failures = 0;
  if (is_down) {
    SQLite::Statement known(database, "SELECT failures FROM place WHERE name = ?");
    known.bind(1, entry.place);
    failures = (known.executeStep() ? known.getColumn(0).getInt() : 0) + 1;
  }
  SQLite::Statement note(database, kSettlePlace);
  note.bind(1, failures);
  note.bind(2, is_down ? ticks(now + pause_after(failures)) : 0);
  note.bind(3, entry.place);
  note.exec();
  if (failures >= kMostFailuresOfPlace) {
    SQLite::Statement give_up(database, kPostponePlace);
    give_up.bind(1, entry.what);
    give_up.bind(2, entry.place);
    give_up.exec();
  }
  SQLite::Statement close(database, kClosePlace);
  close.bind(1, entry.place);
  close.exec();
}

Result<void> Ledger::settle(const Entry& entry, const Outcome& outcome, TimePoint now) {
  return state_->guarded([&]() -> Result<void> {
    SQLite::Transaction transaction(state_->database);
    SQLite::Statement update(state_->database, kSettleAccount);
    update.bind(1, on_disk(outcome.state));
    update.bind(2, outcome.what);
    update.bind(3, number(outcome.messages));
    update.bind(4, number(outcome.bytes));
    update.bind(5, number(outcome.refused));
    update.bind(6, number(outcome.messages_now));
    update.bind(7, number(outcome.bytes_now));
    update.bind(8, outcome.seconds);
    update.bind(9, outcome.note);
    update.bind(10, entry.id);
    update.exec();
    Entry told = entry;
    told.what = outcome.what;
    state_->note_place(told, outcome.server_is_down, now);
    transaction.commit();
    return ok();
  });
}

Result<Standing> Ledger::standing() const {
  return state_->guarded([&]() -> Result<Standing> {
    Standing standing;
    SQLite::Statement states(state_->database, kCountStates);
    while (states.executeStep()) {
      const AccountState state = from_disk(states.getColumn(0).getInt());
      const std::uint64_t accounts = count(states, 1);
      const std::uint64_t bytes = count(states, 2);
      standing.accounts += accounts;
      standing.bytes += bytes;
      if (state != AccountState::waiting && state != AccountState::running)
        standing.bytes_done += bytes;
      if (state == AccountState::later || state == AccountState::failed ||
          state == AccountState::login_refused)
        standing.bytes_left += bytes;
      std::uint64_t Standing::*const counters[] = {
          &Standing::waiting, &Standing::running,       &Standing::complete, &Standing::refused,
          &Standing::later,   &Standing::login_refused, &Standing::failed,   &Standing::incomplete};
      standing.*counters[on_disk(state)] += accounts;
    }
    return standing;
  });
}

Result<void> Ledger::each(const Visitor& visit) const {
  return walk(
      kEachChosen, [](const Entry& entry) { return number(entry.offset); }, visit);
}

Result<void> Ledger::each_named(const Visitor& visit) const {
  return walk(
      kEachNamed, [](const Entry& entry) { return entry.id; }, visit);
}

Result<std::vector<Reason>> Ledger::reasons(int most) const {
  return state_->guarded([&]() -> Result<std::vector<Reason>> {
    state_->database.createFunction("without_figures", 1, true, nullptr, &text_without_figures);
    SQLite::Statement rows(state_->database, kReasons);
    rows.bind(1, most);
    std::vector<Reason> reasons;
    while (rows.executeStep())
      reasons.push_back(
          {read_entry(rows), count(rows, 21), count(rows, 22), rows.getColumn(23).getString()});
    return reasons;
  });
}

Result<bool> Ledger::has_stored() const {
  return state_->guarded([&]() -> Result<bool> {
    SQLite::Statement found(state_->database, kHasStored);
    return found.executeStep() && found.getColumn(0).getInt() != 0;
  });
}

Result<void> Ledger::walk(const char* statement, std::int64_t (*position)(const Entry&),
                          const Visitor& visit) const {
  constexpr std::size_t kPage = 200;
  std::int64_t after = -1;
  for (;;) {
    MBOXFERRY_ASSIGN(const auto page, state_->guarded([&]() -> Result<std::vector<Entry>> {
      std::vector<Entry> entries;
      SQLite::Statement rows(state_->database, statement);
      rows.bind(1, after);
      rows.bind(2, static_cast<int>(kPage));
      while (rows.executeStep()) entries.push_back(read_entry(rows));
      return entries;
    }));
    for (const Entry& entry : page) {
      MBOXFERRY_TRY(visit(entry));
      after = position(entry);
    }
    if (page.size() < kPage) return ok();
  }
}

Result<std::string> Ledger::note(const Entry& entry) const {
  return state_->guarded([&]() -> Result<std::string> {
    SQLite::Statement row(state_->database, "SELECT note FROM account WHERE id = ?");
    row.bind(1, entry.id);
    return row.executeStep() ? row.getColumn(0).getString() : std::string();
  });
}

}  // namespace mboxferry::job
