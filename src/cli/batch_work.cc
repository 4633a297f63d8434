// SPDX-License-Identifier: Apache-2.0
// What a batch does with one account.
#include "cli/batch_work.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "cli/plan_facts.h"
#include "cli/state_place.h"
#include "cli/trace_log.h"
#include "cli/verify_job.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/report/plan_report.h"
#include "mboxferry/report/printable.h"
#include "mboxferry/transfer/job.h"
#include "mboxferry/transfer/returning_target.h"
#include "mboxferry/transfer/verify.h"

namespace mboxferry::cli {
namespace {

/// What an error means for the account, and for others at the same place.
job::Outcome outcome_of(const Error& error, const job::Entry& entry) {
  job::Outcome outcome;
  outcome.what = describe(error);
  outcome.messages = entry.messages;
  outcome.bytes = entry.bytes;
  outcome.refused = entry.refused;
  switch (error.code) {
    case ErrorCode::interrupted:
      outcome.state = job::AccountState::waiting;
      outcome.what.clear();
      break;
    case ErrorCode::login_refused:
      outcome.state = job::AccountState::login_refused;
      break;
    case ErrorCode::unavailable: {
      constexpr int kMostAttempts = 3;
      outcome.server_is_down = true;
      outcome.state =
          entry.attempts < kMostAttempts ? job::AccountState::waiting : job::AccountState::later;
      break;
    }
    case ErrorCode::try_later:
    case ErrorCode::journal_locked:
      outcome.state = job::AccountState::later;
      break;
    default:
      outcome.state = job::AccountState::failed;
  }
  return outcome;
}

std::string mailbox_names(const transfer::Plan& plan) {
  std::string names;
  for (const transfer::PlannedMailbox& mailbox : plan.mailboxes)
    names += (names.empty() ? "" : ", ") + mailbox.name;
  return names;
}

job::AccountState state_of(transfer::Verdict verdict) {
  if (verdict == transfer::Verdict::incomplete) return job::AccountState::incomplete;
  return verdict == transfer::Verdict::refused ? job::AccountState::refused
                                               : job::AccountState::complete;
}

/// Takes what the journal knows; one that cannot be read is found by the next run.
void count_stored(const std::string& path, job::Outcome& outcome) {
  const auto journal = journal::Journal::open(path, journal::OpenMode::read_only);
  if (!journal) return;
  const auto counts = (*journal)->counts(0);
  if (!counts) return;
  outcome.messages = counts->stored.messages;
  outcome.bytes = counts->stored.bytes;
  outcome.refused = counts->refused.messages;
}

job::AccountState state_of(std::string_view verdict) {
  if (verdict == "complete") return job::AccountState::complete;
  if (verdict == "refused") return job::AccountState::refused;
  if (verdict == "incomplete") return job::AccountState::incomplete;
  return verdict == "unfinished" ? job::AccountState::later : job::AccountState::failed;
}

}  // namespace

job::Outcome Migration::run(const job::Entry& entry, transfer::Observer& observer,
                            const Cancellation& interrupt) {
  auto settings = accounts_.settings_of(entry, interrupt);
  if (!settings) return outcome_of(settings.error(), entry);
  settings->state_folder = state_folder_;
  settings->journal_path = state_folder_ + "/" + entry.journal;
  if (const auto met = accounts_.check_choice_of(entry, *settings); !met)
    return outcome_of(met.error(), entry);
  if (retry_refused_ && entry.refused > 0) settings->retry.emplace();
  if (!log_folder_.empty()) {
    auto trace = open_trace(log_folder_ + "/" + entry.journal + ".log");
    if (!trace) return outcome_of(trace.error(), entry);
    settings->connection.trace = std::move(*trace);
  }
  const transfer::JobResult result = transfer::run_job(
      *settings, transfer::real_environment(*settings, interrupt), observer, interrupt);
  job::Outcome outcome;
  if (result.error) {
    outcome = outcome_of(*result.error, entry);
  } else if (!result.unwritten.empty()) {
    outcome = outcome_of(result.unwritten.front(), entry);
  } else {
    outcome.state = state_of(result.verdict);
    outcome.what = result.reason;
  }
  outcome.seconds = result.seconds;
  outcome.messages_now = result.stored_now.messages;
  outcome.bytes_now = result.stored_now.bytes;
  const bool others = result.error && result.error->code == ErrorCode::journal_locked;
  if (!others) count_stored(settings->journal_path, outcome);
  return outcome;
}

job::Outcome DryRun::run(const job::Entry& entry, transfer::Observer& observer,
                         const Cancellation& interrupt) {
  job::Outcome outcome;
  report::PlanFacts facts;
  auto settings = accounts_.settings_of(entry, interrupt);
  if (settings && !state_folder_.empty()) {
    settings->state_folder = state_folder_;
    settings->journal_path = state_folder_ + "/" + entry.journal;
  }
  const auto met =
      settings ? accounts_.check_choice_of(entry, *settings) : Result<void>(settings.error());
  auto plan = met ? transfer::plan_job(*settings, observer, interrupt)
                  : Result<transfer::Plan>(met.error());
  if (plan) {
    facts = plan_facts(*settings, *plan);
    const std::lock_guard guard(mutex_);
    time_.add(plan->time, plan->bytes_needed);
    outcome.state = plan->go ? job::AccountState::complete : job::AccountState::failed;
    if (!plan->go && !plan->reasons.empty()) outcome.what = plan->reasons.front();
    if (plan->go) outcome.what = mailbox_names(*plan);
  } else {
    outcome = outcome_of(plan.error(), entry);
    facts = no_plan(entry.user, entry.host, plan.error().what);
  }
  outcome.bytes = facts.bytes_needed;
  for (const report::PlanRow& row : facts.mailboxes) outcome.messages += row.planned;
  if (outcome.state != job::AccountState::waiting) outcome.note = report::plan_account_json(facts);
  return outcome;
}

std::optional<report::PlanTime> DryRun::time_with(int accounts_at_once) const {
  const std::lock_guard guard(mutex_);
  const auto time = time_.with(accounts_at_once);
  if (!time) return std::nullopt;
  return plan_time(*time);
}

Error Verification::nothing_to_compare(const job::Entry& entry, const std::string& journal) const {
  const auto known = earlier_ == nullptr
                         ? Result<std::optional<job::Entry>>(std::optional<job::Entry>())
                         : earlier_->with_journal(entry.journal);
  if (known && *known && (*known)->messages > 0) {
    return {ErrorCode::configuration,
            fmt::format("it has {} stored, as the batch noted, and its journal was removed: "
                        "nothing is left to compare with",
                        report::counted((*known)->messages, "message")),
            "a batch --dry-run --skip-existing with another --state-dir tells what would be sent"};
  }
  return {ErrorCode::configuration, "nothing was sent yet: there is no " + journal,
          "run the same command without --verify"};
}

Result<job::Outcome> Verification::compare(const job::Entry& entry, transfer::Observer& observer,
                                           const Cancellation& interrupt,
                                           report::VerifiedAccount& account) const {
  if (::access(account.journal.c_str(), F_OK) != 0 && errno == ENOENT) {
    return nothing_to_compare(entry, account.journal);
  }
  MBOXFERRY_ASSIGN(const auto settings, accounts_.settings_of(entry, interrupt));
  MBOXFERRY_ASSIGN(const auto journal,
                   journal::Journal::open(account.journal, journal::OpenMode::resume));
  imap::ConnectionOptions connection = settings.connection;
  connection.interrupt = &interrupt;
  const auto tell = [&](const std::string& line) { observer.notice(line); };
  MBOXFERRY_ASSIGN(
      const auto target,
      transfer::returning([&] { return imap::connect_read_only(settings.account, connection); },
                          {system_clock(), interrupt, tell}));
  const auto keep = [&](const transfer::Difference& difference) {
    if (account.rows.size() < report::kMostVerifyRows)
      account.rows.push_back(verify_row(difference));
    return ok();
  };
  MBOXFERRY_ASSIGN(const Comparison comparison,
                   compare_job(*journal, *target, {full_, settings.strict}, keep, interrupt));
  target->log_out();
  const transfer::VerifyResult& result = comparison.result;
  account.verdict = comparison.judgement().verdict;
  account.checked = result.checked;
  account.missing = result.missing;
  account.different = result.different;
  account.unexpected = result.unexpected;
  account.gone_since = result.gone_since;
  job::Outcome outcome;
  outcome.state = state_of(account.verdict);
  outcome.messages = result.checked;
  outcome.bytes = comparison.counts.stored.bytes;
  outcome.refused = comparison.counts.refused.messages;
  if (outcome.state != job::AccountState::complete) outcome.what = comparison.summary();
  return outcome;
}

job::Outcome Verification::run(const job::Entry& entry, transfer::Observer& observer,
                               const Cancellation& interrupt) {
  report::VerifiedAccount account;
  account.user = entry.user;
  account.host = entry.host;
  account.journal = state_folder_ + "/" + entry.journal;
  auto compared = compare(entry, observer, interrupt, account);
  job::Outcome outcome = compared ? *std::move(compared) : outcome_of(compared.error(), entry);
  if (!compared) account.verdict = verdict_of(outcome.state);
  account.reason = outcome.what;
  if (outcome.state != job::AccountState::waiting)
    outcome.note = report::verified_account_json(account);
  return outcome;
}

}  // namespace mboxferry::cli
