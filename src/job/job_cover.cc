// SPDX-License-Identifier: Apache-2.0
// Files by their identity, messages in a database that is gone when it is closed.
#include "mboxferry/job/job_cover.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <array>
#include <set>
#include <string>
#include <utility>

namespace mboxferry::job {
namespace {

using journal::State;

constexpr std::array<State, 5> kStates{State::planned, State::intended, State::stored,
                                       State::refused, State::skipped};
constexpr const char* kLacking = R"sql(
SELECT EXISTS (
  SELECT 1 FROM (SELECT hash, size, date, count(*) AS count FROM message WHERE later = 0
                  GROUP BY hash, size, date) AS old
   WHERE old.hash = 0 OR old.count > (
     SELECT count(*) FROM message AS new
      WHERE new.later = 1 AND new.hash = old.hash AND new.size = old.size AND new.date = old.date))
)sql";

Error failed_comparison(const SQLite::Exception& exception) {
  return {ErrorCode::io, std::string("comparing two jobs: ") + exception.what(),
          "is there room in the folder for temporary files?"};
}

struct Files {
  std::set<std::pair<std::string, std::string>> done;  ///< name and identity
  std::set<std::pair<std::string, std::string>> all;
};

/// Size, time and digests, without when the file's status changed: a renamed file is the same.
std::string content_of(const std::string& identity) {
  std::size_t end = 0;
  for (int fields = 0; fields < 4 && end != std::string::npos; ++fields)
    end = identity.find(' ', end + 1);
  return identity.substr(0, end);
}

Result<Files> files_of(const journal::Journal& journal) {
  Files files;
  MBOXFERRY_ASSIGN(const auto folders, journal.folders());
  for (const journal::FolderRow& folder : folders) {
    const std::pair<std::string, std::string> file{folder.file + '\n' + folder.path,
                                                   content_of(folder.identity)};
    files.all.insert(file);
    if (folder.index_done) files.done.insert(file);
  }
  return files;
}

Result<void> copy_messages(const journal::Journal& journal, bool later,
                           SQLite::Database& database) {
  SQLite::Statement row(database, "INSERT INTO message VALUES (?, ?, ?, ?)");
  for (const State state : kStates) {
    MBOXFERRY_TRY(journal.each(state, 0, [&](const journal::MessageRow& message) -> Result<void> {
      row.bind(1, later ? 1 : 0);
      row.bind(2, message.message_id_hash);
      row.bind(3, static_cast<std::int64_t>(message.wire_size));
      row.bind(4, message.date.unix_seconds);
      row.exec();
      row.reset();
      return ok();
    }));
  }
  return ok();
}

/// Of one that was not read to its end nobody knows what else there was.
Result<bool> is_read_to_its_end(const journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const auto folders, journal.folders());
  for (const journal::FolderRow& folder : folders)
    if (!folder.index_done) return false;
  return true;
}

}  // namespace

Result<bool> has_mail_of(const journal::Journal& later, const journal::Journal& earlier) {
  MBOXFERRY_ASSIGN(const Files old, files_of(earlier));
  MBOXFERRY_ASSIGN(const Files known, files_of(later));
  bool same = true;
  for (const auto& file : old.all) same = same && known.done.contains(file);
  if (same) return true;
  MBOXFERRY_ASSIGN(const bool whole, is_read_to_its_end(earlier));
  if (!whole) return false;
  try {
    SQLite::Database database("", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    database.exec("CREATE TABLE message (later INTEGER, hash INTEGER, size INTEGER, date INTEGER)");
    SQLite::Transaction transaction(database);
    MBOXFERRY_TRY(copy_messages(earlier, false, database));
    MBOXFERRY_TRY(copy_messages(later, true, database));
    transaction.commit();
    database.exec("CREATE INDEX message_facts ON message (later, hash, size, date)");
    return database.execAndGet(kLacking).getInt() == 0;
  } catch (const SQLite::Exception& exception) {
    return failed_comparison(exception);
  }
}

}  // namespace mboxferry::job
