// SPDX-License-Identifier: Apache-2.0
// What became of a batch, and what happens while it runs.
#include "cli/batch_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/plan_facts.h"
#include "cli/progress_options.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/report/job_report.h"
#include "mboxferry/report/plan_report.h"
#include "mboxferry/report/printable.h"
#include "mboxferry/transfer/message_titles.h"

namespace mboxferry::cli {
namespace {

constexpr int kMostLines = 50;

struct Sums {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;

  void add(const job::Entry& entry) {
    messages += entry.messages;
    bytes += entry.bytes;
  }
};

/// An account, or several that have the same trouble.
std::string trouble_line(std::string_view state, const job::Reason& reason) {
  const job::Entry& entry = reason.first;
  if (reason.accounts > 1) {
    std::string line = fmt::format("  {}: {} accounts, {} the first", state, reason.accounts,
                                   report::printable(entry.account));
    if (reason.refused > 0) line += fmt::format(": {} messages", reason.refused);
    if (!reason.what.empty()) line += ": " + report::printable(reason.what);
    return line + "\n";
  }
  // Most reasons name the account themselves.
  if (entry.what.starts_with(entry.account))
    return fmt::format("  {}: {}\n", state, report::printable(entry.what));
  std::string line = fmt::format("  {}: {}", state, report::printable(entry.account));
  if (entry.state == job::AccountState::refused)
    line += fmt::format(": {} messages", entry.refused);
  if (!entry.what.empty()) line += ": " + report::printable(entry.what);
  return line + "\n";
}

/// The accounts that are not complete. `word`: what is said of all of them; empty: their states.
Result<void> write_troubles(report::TextOutput& out, const job::Ledger& ledger,
                            const job::Standing& standing, std::string_view word) {
  MBOXFERRY_ASSIGN(const auto reasons, ledger.reasons(kMostLines));
  std::uint64_t left = standing.accounts - standing.complete;
  for (const job::Reason& reason : reasons) {
    MBOXFERRY_TRY(out.write(
        trouble_line(word.empty() ? account_state_name(reason.first.state) : word, reason)));
    left -= std::min(left, reason.accounts);
  }
  return left == 0 ? ok() : out.write(fmt::format("  and {} more, see the report\n", left));
}

}  // namespace

std::string_view verdict_of(job::AccountState state) {
  switch (state) {
    case job::AccountState::complete:
      return "complete";
    case job::AccountState::refused:
      return "refused";
    case job::AccountState::incomplete:
      return "incomplete";
    case job::AccountState::waiting:
    case job::AccountState::running:
    case job::AccountState::later:
      return "unfinished";
    case job::AccountState::login_refused:
    case job::AccountState::failed:
      break;
  }
  return "failed";
}

std::string_view named_user(const job::Entry& entry) {
  return entry.user.empty() ? entry.account : entry.user;
}

report::RunFacts ledger_facts(const job::Entry& entry) {
  report::RunFacts facts;
  facts.verdict = verdict_of(entry.state);
  facts.user = named_user(entry);
  facts.host = entry.host;
  facts.reason = entry.what;
  return facts;
}

report::AccountSource accounts_of(const job::Ledger& ledger, const std::string& state_folder) {
  return [&](const report::AccountVisitor& visit) {
    return ledger.each([&](const job::Entry& entry) -> Result<void> {
      const auto journal =
          journal::Journal::open(state_folder + "/" + entry.journal, journal::OpenMode::read_only);
      report::RunFacts facts = ledger_facts(entry);
      if (entry.attempts > 0) {
        facts.seconds = entry.seconds;
        facts.messages_now = entry.messages_now;
        facts.bytes_now = entry.bytes_now;
      }
      if (journal) facts.title_of = transfer::titles_of(**journal);
      // One that was never begun has no journal.
      return visit(facts, journal ? journal->get() : nullptr);
    });
  };
}

bool all_can_go(const BatchTotals& totals) {
  return totals.standing.complete == totals.standing.accounts;
}

report::PlanSource plans_of(const job::Ledger& ledger) {
  return [&](const report::PlanVisitor& visit) {
    return ledger.each([&](const job::Entry& entry) -> Result<void> {
      MBOXFERRY_ASSIGN(const std::string note, ledger.note(entry));
      if (!note.empty() && !entry.is_refused_row()) return visit(note);
      // It was not its turn before the user stopped, or its row cannot be used.
      report::PlanFacts facts = no_plan(std::string(named_user(entry)), entry.host,
                                        entry.what.empty() ? "not looked at" : entry.what);
      if (!note.empty()) facts.reasons.push_back(note);
      return visit(report::plan_account_json(facts));
    });
  };
}

report::VerifiedSource verifications_of(const job::Ledger& ledger) {
  return [&](const report::VerifiedVisitor& visit) {
    return ledger.each([&](const job::Entry& entry) -> Result<void> {
      MBOXFERRY_ASSIGN(const std::string account, ledger.note(entry));
      if (!account.empty() && !entry.is_refused_row()) return visit(account);
      report::VerifiedAccount none;
      none.user = named_user(entry);
      none.host = entry.host;
      none.verdict = verdict_of(entry.state);
      none.reason = entry.what.empty() ? "not looked at" : entry.what;
      return visit(report::verified_account_json(none));
    });
  };
}

std::string batch_verdict(const job::Standing& standing) {
  std::string_view worst = "complete";
  const auto take = [&](std::uint64_t accounts, job::AccountState state) {
    if (accounts > 0) worst = report::worse_verdict(worst, verdict_of(state));
  };
  take(standing.refused, job::AccountState::refused);
  take(standing.incomplete, job::AccountState::incomplete);
  take(standing.later + standing.waiting, job::AccountState::later);
  take(standing.failed + standing.login_refused, job::AccountState::failed);
  return std::string(worst);
}

Result<void> write_batch_plan_summary(report::TextOutput& out, const job::Ledger& ledger,
                                      const BatchTotals& totals) {
  Sums sums;
  MBOXFERRY_TRY(ledger.each([&](const job::Entry& entry) -> Result<void> {
    sums.add(entry);
    if (entry.state != job::AccountState::complete) return ok();
    const std::string into = entry.what.empty() ? "" : ", into " + report::printable(entry.what);
    return out.write(fmt::format("  go: {}: {} messages, {}{}\n", report::printable(entry.account),
                                 entry.messages, report::human_bytes(entry.bytes), into));
  }));
  // What is wrong comes last, where it is seen.
  MBOXFERRY_TRY(write_troubles(out, ledger, totals.standing, "no go"));
  if (totals.time) {
    MBOXFERRY_TRY(out.write("  time: " + report::plan_time_text(*totals.time) + "\n"));
  }
  return out.write(
      fmt::format("{}: {} of {} accounts can go; {} messages, {} to send; nothing was sent\n",
                  all_can_go(totals) ? "GO" : "NO GO", totals.standing.complete,
                  totals.standing.accounts, sums.messages, report::human_bytes(sums.bytes)));
}

Result<void> write_batch_summary(report::TextOutput& out, const job::Ledger& ledger,
                                 const job::Standing& standing, std::string_view done) {
  Sums sums;
  MBOXFERRY_TRY(ledger.each([&](const job::Entry& entry) -> Result<void> {
    sums.add(entry);
    return ok();
  }));
  MBOXFERRY_TRY(write_troubles(out, ledger, standing, ""));
  std::string line =
      fmt::format("{} of {} accounts complete; {} messages, {} {}", standing.complete,
                  standing.accounts, sums.messages, report::human_bytes(sums.bytes), done);
  const auto add = [&](std::uint64_t count, std::string_view what) {
    if (count > 0) line += fmt::format("; {} {}", count, what);
  };
  add(standing.refused, "with refused messages");
  add(standing.incomplete, "with parts that were not read");
  add(standing.later + standing.waiting, "not finished");
  add(standing.login_refused, "with a refused login");
  add(standing.failed, "failed");
  return out.write(line + "\n");
}

void BatchPrintingObserver::progress(const job::BatchProgress& progress) {
  const job::Standing& standing = progress.standing;
  report::BatchSample sample;
  sample.accounts = standing.accounts;
  sample.waiting = standing.waiting;
  sample.complete = standing.complete;
  sample.refused = standing.refused;
  sample.incomplete = standing.incomplete;
  sample.later = standing.later;
  sample.failed = standing.failed + standing.login_refused;
  sample.login_refused = standing.login_refused;
  sample.archive_bytes = standing.bytes;
  sample.archive_bytes_left = standing.bytes_left;
  sample.archive_bytes_done = standing.bytes_done + progress.bytes_under_way;
  sample.messages_now = progress.stored_now.messages;
  sample.bytes_now = progress.stored_now.bytes;
  for (const job::AccountAtWork& one : progress.at_work)
    sample.at_work.push_back({one.account, progress_sample(one.progress)});
  sample.waits_for = progress.waiting;
  printer_.progress(sample);
  if (interrupt_.requested() && !told_) {
    told_ = true;
    printer_.notice("", "stopping; what is in flight is finished first (again: stop at once)");
  }
}

}  // namespace mboxferry::cli
