// SPDX-License-Identifier: Apache-2.0
// The jobs of a state folder, in a database that is gone when it is closed.
#include "mboxferry/job/job_list.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>
#include <utility>

#include "mboxferry/journal/journal.h"

namespace mboxferry::job {
namespace {

constexpr const char* kCreateList = R"sql(
CREATE TABLE job (id INTEGER PRIMARY KEY, journal TEXT, account TEXT, user TEXT, host TEXT,
                  archives TEXT, destination TEXT, begun TEXT, ended TEXT, verdict TEXT,
                  reason TEXT, forgotten INTEGER, messages INTEGER, bytes INTEGER);
CREATE TABLE archive (job INTEGER, path TEXT);
CREATE TABLE decided (job INTEGER PRIMARY KEY, replaced INTEGER);
CREATE INDEX job_account ON job (account);
CREATE INDEX archive_job ON archive (job);
)sql";

constexpr const char* kAddJob =
    "INSERT INTO job VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

// A job that failed or was broken off has not been through its archives, and replaces none.
constexpr const char* kMayReplace = R"sql(
           new.account = old.account AND new.destination = old.destination
       AND (new.begun, new.id) > (old.begun, old.id)
       AND new.verdict IN ('complete', 'refused', 'incomplete')
       AND NOT EXISTS (
         SELECT 1 FROM archive AS needed
          WHERE needed.job = old.id AND NOT EXISTS (
            SELECT 1 FROM archive AS has
             WHERE has.job = new.id
               AND (has.path = needed.path OR
                    substr(needed.path, 1, length(has.path) + 1) = has.path || '/'))))sql";

std::string each_job() {
  return std::string(R"sql(
SELECT old.journal, old.account, old.user, old.host, old.archives, old.destination, old.begun,
       old.ended, old.verdict, old.reason, old.forgotten, old.messages, old.bytes, old.id,
       old.archives <> '' AND EXISTS (SELECT 1 FROM job AS new WHERE )sql") +
         kMayReplace + R"sql()
  FROM job AS old JOIN (SELECT account, min(id) AS first FROM job GROUP BY account) USING (account)
 ORDER BY first, old.begun DESC, old.id DESC
)sql";
}

std::string each_later_job() {
  return std::string("SELECT new.journal FROM job AS old JOIN job AS new WHERE old.id = ? AND ") +
         kMayReplace + " ORDER BY new.begun DESC, new.id DESC";
}

Error failed(const SQLite::Exception& exception) {
  return {ErrorCode::io, std::string("the list of jobs: ") + exception.what(),
          "is there room in the folder for temporary files?"};
}

}  // namespace

struct JobList::State {
  // Without a name: in memory while it is small, else in a file that nobody sees.
  SQLite::Database database{"", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
  std::unique_ptr<SQLite::Statement> add_job;
  std::unique_ptr<SQLite::Statement> add_archive;

  /// Decided once: a visitor may remove the later journal.
  Result<bool> is_replaced(std::int64_t id, const std::string& journal,
                           const HasMailOf& has_mail_of) {
    SQLite::Statement known(database, "SELECT replaced FROM decided WHERE job = ?");
    known.bind(1, id);
    if (known.executeStep()) return known.getColumn(0).getInt() != 0;
    bool replaced = false;
    SQLite::Statement later(database, each_later_job());
    later.bind(1, id);
    while (!replaced && later.executeStep()) {
      MBOXFERRY_ASSIGN(replaced, has_mail_of(later.getColumn(0).getString(), journal));
    }
    SQLite::Statement decided(database, "INSERT INTO decided VALUES (?, ?)");
    decided.bind(1, id);
    decided.bind(2, replaced ? 1 : 0);
    decided.exec();
    return replaced;
  }
};

JobList::JobList(std::unique_ptr<State> state) : state_(std::move(state)) {}
JobList::JobList(JobList&&) noexcept = default;
JobList& JobList::operator=(JobList&&) noexcept = default;
JobList::~JobList() = default;

Result<JobList> JobList::create() {
  try {
    auto state = std::make_unique<State>();
    state->database.exec(kCreateList);
    state->add_job = std::make_unique<SQLite::Statement>(state->database, kAddJob);
    state->add_archive =
        std::make_unique<SQLite::Statement>(state->database, "INSERT INTO archive VALUES (?, ?)");
    return JobList(std::move(state));
  } catch (const SQLite::Exception& exception) {
    return failed(exception);
  }
}

Result<void> JobList::add(const KnownJob& job) {
  try {
    SQLite::Statement& row = *state_->add_job;
    int column = 0;
    for (const std::string* value :
         {&job.journal, &job.account, &job.user, &job.host, &job.archives, &job.destination,
          &job.begun, &job.ended, &job.verdict, &job.reason})
      row.bindNoCopy(++column, *value);
    row.bind(++column, job.forgotten ? 1 : 0);
    row.bind(++column, static_cast<std::int64_t>(job.messages));
    row.bind(++column, static_cast<std::int64_t>(job.bytes));
    row.exec();
    row.reset();
    const std::int64_t id = state_->database.getLastInsertRowid();
    for (const std::string& path : journal::archive_paths(job.archives)) {
      state_->add_archive->bind(1, id);
      state_->add_archive->bind(2, path);
      state_->add_archive->exec();
      state_->add_archive->reset();
    }
    return ok();
  } catch (const SQLite::Exception& exception) {
    return failed(exception);
  }
}

Result<void> JobList::each(const std::function<Result<void>(const KnownJob&)>& visit,
                           const HasMailOf& has_mail_of) const {
  try {
    SQLite::Statement row(state_->database, each_job());
    while (row.executeStep()) {
      KnownJob job;
      int column = 0;
      for (std::string* value :
           {&job.journal, &job.account, &job.user, &job.host, &job.archives, &job.destination,
            &job.begun, &job.ended, &job.verdict, &job.reason})
        *value = row.getColumn(column++).getString();
      job.forgotten = row.getColumn(column++).getInt() != 0;
      job.messages = static_cast<std::uint64_t>(row.getColumn(column++).getInt64());
      job.bytes = static_cast<std::uint64_t>(row.getColumn(column++).getInt64());
      const std::int64_t id = row.getColumn(column++).getInt64();
      const bool may_be = row.getColumn(column).getInt() != 0;
      job.replaced = may_be && !has_mail_of;
      if (may_be && has_mail_of) {
        MBOXFERRY_ASSIGN(job.replaced, state_->is_replaced(id, job.journal, has_mail_of));
      }
      MBOXFERRY_TRY(visit(job));
    }
    return ok();
  } catch (const SQLite::Exception& exception) {
    return failed(exception);
  }
}

}  // namespace mboxferry::job
