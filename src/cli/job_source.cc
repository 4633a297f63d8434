// SPDX-License-Identifier: Apache-2.0
// Finds journals and reads what a run would have told of them.
#include "cli/job_source.h"

#include <filesystem>

#include "cli/batch_report.h"
#include "cli/command.h"
#include "cli/connection_options.h"
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

/// Accounts that a batch has not begun yet, or could not begin: they have no journal in `folder`.
Result<void> visit_unbegun(const job::Ledger& ledger, const fs::path& folder,
                           const report::AccountVisitor& visit) {
  return ledger.each_named([&](const job::Entry& entry) -> Result<void> {
    std::error_code ignored;
    if (fs::exists(folder / entry.journal, ignored)) return ok();
    report::RunFacts facts = ledger_facts(entry);
    if (entry.state == job::AccountState::waiting && facts.reason.empty())
      facts.reason = "not begun";
    return visit(facts, nullptr);
  });
}

struct OpenJob {
  std::unique_ptr<journal::Journal> journal;
  report::RunFacts facts;
};

Result<OpenJob> open_job(const std::string& path) {
  OpenJob job;
  MBOXFERRY_ASSIGN(job.journal, journal::Journal::open(path, journal::OpenMode::read_only));
  MBOXFERRY_ASSIGN(job.facts, facts_of(*job.journal));
  return job;
}

}  // namespace

Result<void> JobSource::visit(const report::AccountVisitor& visit) {
  for (const std::string& place : places_) {
    std::error_code ignored;
    if (fs::is_directory(place, ignored)) {
      MBOXFERRY_TRY(visit_folder(place, visit));
    } else {
      MBOXFERRY_ASSIGN(const OpenJob job, open_job(place));
      MBOXFERRY_TRY(visit(job.facts, job.journal.get()));
    }
  }
  // Each report walks over all jobs; once is enough for the eyes.
  told_ = true;
  return ok();
}

Result<void> JobSource::visit_folder(const std::string& folder,
                                     const report::AccountVisitor& visit) {
  std::error_code failed;
  // In the order of the folder: sorting would keep every name in memory.
  for (fs::recursive_directory_iterator entry(folder, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    std::error_code ignored;
    if (!entry->is_regular_file(ignored)) continue;
    if (entry->path().extension() == ".ledger") {
      const auto ledger = job::Ledger::open_to_read(entry->path().string());
      if (ledger) {
        MBOXFERRY_TRY(visit_unbegun(**ledger, entry->path().parent_path(), visit));
      } else {
        pass_over(ledger.error());
      }
      continue;
    }
    if (entry->path().extension() != ".journal") continue;
    const auto job = open_job(entry->path().string());
    if (!job) {
      pass_over(job.error());
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

void JobSource::pass_over(Error error) {
  if (!told_) say(describe(error));
  if (!trouble_) trouble_ = std::move(error);
}

}  // namespace mboxferry::cli
