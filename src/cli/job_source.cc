// SPDX-License-Identifier: Apache-2.0
// Finds journals and reads what a run would have told of them.
#include "cli/job_source.h"

#include <filesystem>
#include <span>
#include <utility>

#include "cli/batch_report.h"
#include "cli/command.h"
#include "cli/connection_options.h"
#include "cli/journal_options.h"
#include "mboxferry/job/ledger.h"
#include "mboxferry/journal/journal.h"

namespace mboxferry::cli {
namespace {

namespace fs = std::filesystem;

/// A job that ended has its verdict in the journal. Of one that has not, nobody can say whether it
/// still runs.
Result<report::RunFacts> facts_of(const journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const auto identity, journal.identity());
  MBOXFERRY_ASSIGN(const auto verdict, journal.note("verdict"));
  MBOXFERRY_ASSIGN(const auto reason, journal.note("reason"));
  const auto account = account_of_label(identity.account);
  report::RunFacts facts;
  facts.user = account ? account->user : identity.account;
  facts.host = account ? account->host : "";
  facts.reason = reason.value_or("");
  facts.verdict = verdict && *verdict != "running" ? *verdict : "unfinished";
  return facts;
}

struct OpenJob {
  std::unique_ptr<journal::Journal> journal;
  report::RunFacts facts;
};

Result<bool> is_named(std::span<const std::unique_ptr<const job::Ledger>> ledgers,
                      const std::string& journal) {
  for (const auto& ledger : ledgers) {
    MBOXFERRY_ASSIGN(const bool named, ledger->names_journal(journal));
    if (named) return true;
  }
  return false;
}

Result<OpenJob> open_job(const std::string& path, bool anyones, const Cancellation& interrupt) {
  OpenJob job;
  MBOXFERRY_ASSIGN(job.journal, journal::Journal::open(path, reading_mode(anyones), &interrupt));
  MBOXFERRY_ASSIGN(job.facts, facts_of(*job.journal));
  return job;
}

Error not_a_file(const fs::path& path) {
  return {ErrorCode::configuration, path.string() + " is no file",
          "remove it or name another folder"};
}

}  // namespace

Result<void> JobSource::visit(const report::AccountVisitor& visit) {
  for (const std::string& place : places_) {
    std::error_code ignored;
    if (fs::is_directory(place, ignored)) {
      MBOXFERRY_TRY(visit_folder(place, visit));
    } else {
      MBOXFERRY_ASSIGN(const OpenJob job, open_job(place, anyones_, interrupt_));
      MBOXFERRY_TRY(visit(job.facts, job.journal.get()));
    }
  }
  // Each report walks over all jobs; once is enough for the eyes.
  told_ = true;
  return ok();
}

/// An account is where its ledger says, whatever becomes of its journal meanwhile: a batch may
/// begin it between two looks. A journal that no ledger of its folder names speaks for itself.
Result<void> JobSource::visit_folder(const std::string& folder,
                                     const report::AccountVisitor& visit) {
  MBOXFERRY_ASSIGN(const Ledgers ledgers, open_ledgers(folder, visit));
  for (auto ledger = ledgers.begin(); ledger != ledgers.end(); ++ledger) {
    const std::span<const Ledgers::value_type> earlier(ledgers.begin(), ledger);
    MBOXFERRY_TRY((*ledger)->each_named([&](const job::Entry& entry) -> Result<void> {
      MBOXFERRY_ASSIGN(const bool visited, is_named(earlier, entry.journal));
      return visited ? ok() : visit_entry(folder, entry, visit);
    }));
  }
  std::error_code failed;
  // In the order of the folder: sorting would keep every name in memory.
  for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    std::error_code ignored;
    if (entry->is_directory(ignored) && !entry->is_symlink(ignored)) {
      MBOXFERRY_TRY(visit_folder(entry->path().string(), visit));
      continue;
    }
    if (entry->path().extension() != ".journal") continue;
    if (!entry->is_regular_file(ignored)) {
      MBOXFERRY_TRY(pass_over(entry->path(), not_a_file(entry->path()), visit));
      continue;
    }
    MBOXFERRY_ASSIGN(const bool visited, is_named(ledgers, entry->path().filename().string()));
    if (visited) continue;
    const auto job = open_job(entry->path().string(), anyones_, interrupt_);
    if (!job) {
      MBOXFERRY_TRY(pass_over(entry->path(), job.error(), visit));
      continue;
    }
    MBOXFERRY_TRY(visit(job->facts, job->journal.get()));
  }
  if (failed) {
    return Error{ErrorCode::io, "cannot read the folder " + folder + ": " + failed.message(),
                 "check its permissions"};
  }
  return ok();
}

Result<JobSource::Ledgers> JobSource::open_ledgers(const std::string& folder,
                                                   const report::AccountVisitor& visit) {
  Ledgers ledgers;
  std::error_code failed;
  for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    if (entry->path().extension() != ".ledger") continue;
    // Opening a pipe would wait for somebody to write to it.
    if (std::error_code ignored; !entry->is_regular_file(ignored)) {
      MBOXFERRY_TRY(pass_over(entry->path(), not_a_file(entry->path()), visit));
      continue;
    }
    auto ledger = job::Ledger::open_to_read(entry->path().string(), anyones_, &interrupt_);
    if (ledger) {
      ledgers.push_back(std::move(*ledger));
    } else {
      MBOXFERRY_TRY(pass_over(entry->path(), ledger.error(), visit));
    }
  }
  return ledgers;
}

Result<void> JobSource::visit_entry(const fs::path& folder, const job::Entry& entry,
                                    const report::AccountVisitor& visit) {
  const fs::path path = folder / entry.journal;
  std::error_code ignored;
  report::RunFacts facts = ledger_facts(entry);
  if (fs::exists(path, ignored)) {
    const auto job = open_job(path.string(), anyones_, interrupt_);
    if (job) return visit(job->facts, job->journal.get());
    // One that is just being made says that it is empty.
    const bool beginning =
        entry.state == job::AccountState::waiting || entry.state == job::AccountState::running;
    if (!beginning || job.error().code != ErrorCode::configuration)
      MBOXFERRY_TRY(tell(job.error()));
    if (facts.reason.empty()) facts.reason = job.error().what;
  }
  if (facts.reason.empty() && facts.verdict == "unfinished") facts.reason = "not begun";
  return visit(facts, nullptr);
}

Result<void> JobSource::tell(Error error) {
  if (error.code == ErrorCode::interrupted || interrupt_.requested())
    return interrupted("interrupted while reading journals");
  if (!told_) say(describe(error));
  if (!trouble_) trouble_ = std::move(error);
  return ok();
}

/// Its job may have mail that has not arrived, so it is one that failed.
Result<void> JobSource::pass_over(const fs::path& path, const Error& error,
                                  const report::AccountVisitor& visit) {
  MBOXFERRY_TRY(tell(error));
  report::RunFacts facts;
  facts.user = path.filename().string();
  facts.verdict = "failed";
  facts.reason = error.what;
  return visit(facts, nullptr);
}

}  // namespace mboxferry::cli
