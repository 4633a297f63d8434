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
#include "mboxferry/job/job_cover.h"
#include "mboxferry/job/ledger.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/journal/lock_file.h"
#include "mboxferry/transfer/message_titles.h"
#include "mboxferry/transfer/settings.h"

namespace mboxferry::cli {
namespace {

namespace fs = std::filesystem;

/// A job that ended has its verdict in the journal. Of one that has not, nobody can say whether it
/// still runs.
Result<job::KnownJob> job_of(const std::string& path, bool anyones, const Cancellation& interrupt) {
  MBOXFERRY_ASSIGN(const auto journal,
                   journal::Journal::open(path, reading_mode(anyones), &interrupt));
  MBOXFERRY_ASSIGN(const auto identity, journal->identity());
  MBOXFERRY_ASSIGN(const auto verdict, journal->note("verdict"));
  MBOXFERRY_ASSIGN(const auto reason, journal->note("reason"));
  MBOXFERRY_ASSIGN(const auto begun, journal->note("started"));
  MBOXFERRY_ASSIGN(const auto ended, journal->note("finished"));
  const auto account = account_of_label(identity.account);
  const bool has_ended = verdict && *verdict != "running";
  job::KnownJob job;
  job.journal = path;
  job.account = identity.account;
  job.user = account ? account->user : identity.account;
  job.host = account ? account->host : "";
  job.archives = identity.archives;
  job.destination = transfer::destination_of(identity);
  job.begun = begun.value_or("");
  job.ended = has_ended ? ended.value_or("") : "";
  job.verdict = has_ended ? *verdict : "unfinished";
  job.reason = reason.value_or("");
  return job;
}

report::RunFacts facts_of(const job::KnownJob& job) {
  report::RunFacts facts;
  facts.user = job.user;
  facts.host = job.host;
  facts.verdict = job.verdict;
  facts.reason = job.reason;
  facts.replaced = job.replaced;
  if (job.forgotten) facts.kept = journal::Count{job.messages, job.bytes};
  return facts;
}

Result<bool> is_named(std::span<const std::unique_ptr<const job::Ledger>> ledgers,
                      const std::string& journal) {
  for (const auto& ledger : ledgers) {
    MBOXFERRY_ASSIGN(const auto entry, ledger->with_journal(journal));
    if (entry) return true;
  }
  return false;
}

// State folders have none below them, and people gather them in one. Whoever names `/` does not
// mean every folder of the system.
constexpr int kDeepest = 3;

Error not_a_file(const fs::path& path) {
  return {ErrorCode::configuration, path.string() + " is no file",
          "remove it or name another folder"};
}

}  // namespace

Result<void> JobSource::each(const Visitor& visit) {
  if (!jobs_) MBOXFERRY_TRY(find());
  return jobs_->each(
      [&](const job::KnownJob& job) -> Result<void> {
        if (job.journal.empty()) return visit(job, nullptr);
        const auto journal =
            journal::Journal::open(job.journal, reading_mode(anyones_), &interrupt_);
        if (!journal) MBOXFERRY_TRY(tell(journal.error()));
        return visit(job, journal ? journal->get() : nullptr);
      },
      [this](const std::string& later, const std::string& earlier) {
        return has_mail_of(later, earlier);
      });
}

/// Of a journal that cannot be read nothing is known; it is told when it is visited.
Result<bool> JobSource::has_mail_of(const std::string& later, const std::string& earlier) {
  const auto one = journal::Journal::open(later, reading_mode(anyones_), &interrupt_);
  const auto other = journal::Journal::open(earlier, reading_mode(anyones_), &interrupt_);
  if (!one || !other) return false;
  return job::has_mail_of(**one, **other);
}

Result<void> JobSource::visit(const report::AccountVisitor& visit) {
  return each([&](const job::KnownJob& job, const journal::Journal* journal) {
    report::RunFacts facts = facts_of(job);
    facts.running = !job.journal.empty() && job.verdict == "unfinished" &&
                    journal::LockFile::holder_of(job.journal).has_value();
    // What a stranger's journal points to is none of this user's mail.
    if (journal != nullptr && !anyones_) facts.title_of = transfer::titles_of(*journal);
    return visit(facts, journal);
  });
}

Result<void> JobSource::find() {
  MBOXFERRY_ASSIGN(jobs_, job::JobList::create());
  for (const std::string& place : places_) {
    std::error_code ignored;
    if (fs::is_directory(place, ignored)) {
      MBOXFERRY_TRY(find_in_folder(place, 0));
    } else {
      MBOXFERRY_ASSIGN(const job::KnownJob job, job_of(place, anyones_, interrupt_));
      MBOXFERRY_TRY(jobs_->add(job));
    }
  }
  return ok();
}

/// An account is where its ledger says, whatever becomes of its journal meanwhile: a batch may
/// begin it between two looks. A journal that no ledger of its folder names speaks for itself.
Result<void> JobSource::find_in_folder(const std::string& folder, int depth) {
  MBOXFERRY_ASSIGN(const Ledgers ledgers, open_ledgers(folder));
  for (auto ledger = ledgers.begin(); ledger != ledgers.end(); ++ledger) {
    const std::span<const Ledgers::value_type> earlier(ledgers.begin(), ledger);
    MBOXFERRY_TRY((*ledger)->each_named([&](const job::Entry& entry) -> Result<void> {
      MBOXFERRY_ASSIGN(const bool visited, is_named(earlier, entry.journal));
      return visited ? ok() : add_entry(folder, entry);
    }));
  }
  std::error_code failed;
  // In the order of the folder: sorting would keep every name in memory.
  const auto unreadable = [&] {
    return Error{ErrorCode::io, "cannot read the folder " + folder + ": " + failed.message(),
                 "check its permissions"};
  };
  for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    if (interrupt_.requested()) return interrupted("interrupted while looking for journals");
    std::error_code ignored;
    if (entry->is_directory(ignored) && !entry->is_symlink(ignored)) {
      if (depth < kDeepest) MBOXFERRY_TRY(find_in_folder(entry->path().string(), depth + 1));
      continue;
    }
    if (entry->path().extension() != ".journal") continue;
    if (!entry->is_regular_file(ignored)) {
      MBOXFERRY_TRY(pass_over(entry->path(), not_a_file(entry->path())));
      continue;
    }
    MBOXFERRY_ASSIGN(const bool visited, is_named(ledgers, entry->path().filename().string()));
    if (visited) continue;
    const auto job = job_of(entry->path().string(), anyones_, interrupt_);
    if (!job) {
      MBOXFERRY_TRY(pass_over(entry->path(), job.error()));
      continue;
    }
    MBOXFERRY_TRY(jobs_->add(*job));
  }
  if (!failed) return ok();
  // One below it, such as a volume's lost+found, does not hide the jobs beside it.
  return depth == 0 ? Result<void>(unreadable()) : tell(unreadable());
}

Result<JobSource::Ledgers> JobSource::open_ledgers(const std::string& folder) {
  Ledgers ledgers;
  std::error_code failed;
  for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    if (entry->path().extension() != ".ledger") continue;
    // Opening a pipe would wait for somebody to write to it.
    if (std::error_code ignored; !entry->is_regular_file(ignored)) {
      MBOXFERRY_TRY(pass_over(entry->path(), not_a_file(entry->path())));
      continue;
    }
    auto ledger = job::Ledger::open_to_read(entry->path().string(), anyones_, &interrupt_);
    if (ledger) {
      ledgers.push_back(std::move(*ledger));
    } else {
      MBOXFERRY_TRY(pass_over(entry->path(), ledger.error()));
    }
  }
  return ledgers;
}

Result<void> JobSource::add_entry(const fs::path& folder, const job::Entry& entry) {
  const fs::path path = folder / entry.journal;
  const report::RunFacts facts = ledger_facts(entry);
  job::KnownJob known;
  known.account = entry.account;
  known.user = facts.user;
  known.host = facts.host;
  known.verdict = facts.verdict;
  known.reason = facts.reason;
  std::error_code ignored;
  if (!entry.journal.empty() && fs::exists(path, ignored)) {
    const auto job = job_of(path.string(), anyones_, interrupt_);
    if (job) return jobs_->add(*job);
    // One that is just being made says that it is empty.
    const bool beginning =
        entry.state == job::AccountState::waiting || entry.state == job::AccountState::running;
    if (!beginning || job.error().code != ErrorCode::configuration)
      MBOXFERRY_TRY(tell(job.error()));
    if (known.reason.empty()) known.reason = job.error().what;
  } else if (entry.messages > 0 || entry.state == job::AccountState::complete) {
    known.forgotten = true;
    known.messages = entry.messages;
    known.bytes = entry.bytes;
    if (known.reason.empty())
      known.reason =
          "its journal was removed; the numbers are the batch's, and nothing is left to "
          "compare them with";
  }
  if (known.reason.empty() && known.verdict == "unfinished") known.reason = "not begun";
  return jobs_->add(known);
}

Result<void> JobSource::tell(Error error) {
  if (error.code == ErrorCode::interrupted || interrupt_.requested())
    return interrupted("interrupted while reading journals");
  say(describe(error));
  if (!trouble_) trouble_ = std::move(error);
  return ok();
}

/// Its job may have mail that has not arrived, so it is one that failed.
Result<void> JobSource::pass_over(const fs::path& path, const Error& error) {
  MBOXFERRY_TRY(tell(error));
  job::KnownJob job;
  job.account = job.user = path.filename().string();
  job.verdict = "failed";
  job.reason = error.what;
  return jobs_->add(job);
}

}  // namespace mboxferry::cli
