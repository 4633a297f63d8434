// SPDX-License-Identifier: Apache-2.0
// The summary of many jobs.
#include "mboxferry/report/jobs_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mboxferry/base/figures.h"
#include "mboxferry/report/printable.h"
#include "report/journal_view.h"

namespace mboxferry::report {
namespace {

// Reasons that are told; of a job beyond them its number.
constexpr std::size_t kMostGroups = 200;

/// Jobs that ended in one way for one reason.
struct Group {
  std::uint64_t order = 0;
  std::uint64_t jobs = 0;
  std::string verdict;
  bool running = false;
  std::string account;  ///< the first of them
  std::string reason;   ///< its own, without its name
  std::uint64_t stored = 0;
  std::uint64_t meant = 0;
  std::uint64_t refused = 0;
};

std::string line_of(const Group& group) {
  const std::string who =
      group.jobs == 1 ? printable(group.account)
                      : fmt::format("{} jobs, {} the first", group.jobs, printable(group.account));
  return fmt::format("  {}{}: {}: {} of {} stored, {} refused{}{}\n", verdict_words(group.verdict),
                     group.running ? ", running" : "", who, group.stored,
                     counted(group.meant, "message"), group.refused,
                     group.reason.empty() ? "" : ": ", printable(group.reason));
}

/// What the summary adds up.
struct Sums {
  std::string account;  ///< whose jobs are coming
  std::string verdict;  ///< the worst so far of those jobs that were not replaced
  std::map<std::string, std::uint64_t> verdicts;
  std::uint64_t accounts = 0;
  std::uint64_t replaced = 0;
  std::uint64_t forgotten = 0;
  std::uint64_t meant = 0;
  journal::Count stored;
  std::uint64_t refused = 0;
  std::uint64_t skipped = 0;
  std::map<std::string, Group> groups;
  std::uint64_t ungrouped = 0;  ///< jobs of more reasons than are told

  /// The jobs of an account have all come.
  void end_account() {
    if (!verdict.empty()) ++verdicts[verdict];
    verdict.clear();
  }
};

Result<void> add_job(Sums& sums, const RunFacts& run, const journal::Journal* journal) {
  journal::MailboxCounts counts;
  if (journal != nullptr) {
    MBOXFERRY_ASSIGN(counts, journal->counts(0));
  } else if (run.kept) {
    counts.stored = *run.kept;
    ++sums.forgotten;
  }
  if (sums.accounts == 0 || sums.account != run.account()) {
    sums.end_account();
    ++sums.accounts;
    sums.account = run.account();
  }
  sums.stored.messages += counts.stored.messages;
  sums.stored.bytes += counts.stored.bytes;
  sums.skipped += counts.skipped.messages;
  if (run.replaced) {
    ++sums.replaced;
    sums.meant += counts.stored.messages;
    return ok();
  }
  sums.verdict =
      sums.verdict.empty() ? run.verdict : std::string(worse_verdict(sums.verdict, run.verdict));
  sums.meant += meant_for(counts).messages;
  sums.refused += counts.refused.messages;
  if (run.verdict == "complete") return ok();
  std::string reason = own_reason(run);
  // Those without a reason are told one by one.
  const std::string key = run.verdict + (run.running ? "+" : "") + '\n' +
                          (reason.empty() ? run.account() : without_figures(reason));
  const auto known = sums.groups.find(key);
  if (known == sums.groups.end() && sums.groups.size() == kMostGroups) {
    ++sums.ungrouped;
    return ok();
  }
  Group& group = known == sums.groups.end() ? sums.groups[key] : known->second;
  if (group.jobs++ == 0) {
    group.order = sums.groups.size();
    group.verdict = run.verdict;
    group.running = run.running;
    group.account = run.account();
    group.reason = std::move(reason);
  }
  group.stored += counts.stored.messages;
  group.meant += meant_for(counts).messages;
  group.refused += counts.refused.messages;
  return ok();
}

}  // namespace

std::string own_reason(const RunFacts& run) {
  const std::string& reason = run.reason;
  std::string_view rest = reason;
  if (!rest.starts_with(run.account())) return reason;
  rest.remove_prefix(run.account().size());
  // With the port.
  if (rest.starts_with(":")) {
    const std::size_t end = rest.find_first_not_of("0123456789", 1);
    if (end != std::string_view::npos) rest.remove_prefix(end);
  }
  return rest.starts_with(": ") ? std::string(rest.substr(2)) : reason;
}

Result<void> write_jobs_summary(TextOutput& out, const AccountSource& accounts) {
  Sums sums;
  MBOXFERRY_TRY(accounts([&](const RunFacts& run, const journal::Journal* journal) {
    return add_job(sums, run, journal);
  }));
  sums.end_account();
  std::string verdicts;
  for (const auto& [verdict, count] : sums.verdicts) {
    verdicts +=
        fmt::format("{} {} {}", verdicts.empty() ? ":" : ",", count, verdict_words(verdict));
  }
  MBOXFERRY_TRY(out.write(counted(sums.accounts, "account") + verdicts + "\n"));
  MBOXFERRY_TRY(out.write(fmt::format("{} of {} stored ({}), {} refused, {} skipped\n",
                                      sums.stored.messages, counted(sums.meant, "message"),
                                      human_bytes(sums.stored.bytes), sums.refused, sums.skipped)));
  std::vector<const Group*> groups;
  for (const auto& [key, group] : sums.groups) groups.push_back(&group);
  std::sort(groups.begin(), groups.end(), [](const Group* one, const Group* other) {
    return std::pair(other->jobs, one->order) < std::pair(one->jobs, other->order);
  });
  for (const Group* const group : groups) MBOXFERRY_TRY(out.write(line_of(*group)));
  if (sums.ungrouped > 0)
    MBOXFERRY_TRY(out.write(fmt::format("  and {} for other reasons; --json lists all\n",
                                        counted(sums.ungrouped, "job"))));
  if (sums.forgotten > 0)
    MBOXFERRY_TRY(out.write(fmt::format(
        "{} forgotten: what was stored is told as the batch has it, and cannot be compared with "
        "the server any more\n",
        sums.forgotten == 1 ? "1 of the jobs is"
                            : fmt::format("{} of the jobs are", sums.forgotten))));
  if (sums.replaced == 0) return ok();
  return out.write(
      fmt::format("{} replaced by later ones of the same account; mboxferry jobs "
                  "lists them\n",
                  counted(sums.replaced, "job")));
}

}  // namespace mboxferry::report
