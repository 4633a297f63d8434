// SPDX-License-Identifier: Apache-2.0
// The dry run: the real run's index pass into a journal that is thrown away, and questions to the
// server; nothing is changed.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>

#include "mboxferry/transfer/job.h"
#include "transfer/estimate.h"
#include "transfer/index_pass.h"
#include "transfer/mailboxes.h"
#include "transfer/reconcile.h"
#include "transfer/source_folders.h"
#include "transfer/tally.h"
#include "transfer/tracker.h"

namespace mboxferry::transfer {
namespace {

/// Makes the plan of one job.
class Planner {
 public:
  Planner(const JobSettings& settings, Observer& observer, const Cancellation& interrupt)
      : settings_(settings), tracker_(observer), interrupt_(interrupt) {}

  Result<Plan> run();

 private:
  Result<void> read_archives();
  Result<std::map<journal::MailboxId, std::uint64_t>> doubtful_places();
  Result<PlannedMailbox> ask(const journal::MailboxRow& row);
  void judge(Plan& plan) const;
  [[nodiscard]] TimeEstimate estimate() const;
  template <typename Ask>
  auto timed(const Ask& ask) -> decltype(ask());

  JobSettings settings_;
  Tracker tracker_;
  const Cancellation& interrupt_;
  std::vector<SourceFolder> sources_;
  std::unique_ptr<journal::Journal> journal_;
  std::unique_ptr<imap::ReadOnlyTarget> target_;
  Directory directory_;
  journal::Count to_send_;            ///< without what is refused beforehand
  double reading_ = 0;                ///< seconds
  std::optional<double> round_trip_;  ///< seconds, the shortest question so far
};

/// Asks the server something, and notes how long it took.
template <typename Ask>
auto Planner::timed(const Ask& ask) -> decltype(ask()) {
  const auto begun = system_clock().now();
  auto answer = ask();
  const double took = std::chrono::duration<double>(system_clock().now() - begun).count();
  round_trip_ = std::min(round_trip_.value_or(took), took);
  return answer;
}

Result<void> Planner::read_archives() {
  MBOXFERRY_ASSIGN(journal_, journal::Journal::open("", journal::OpenMode::scratch));
  MBOXFERRY_ASSIGN(settings_.index.content_key, journal_->digest_key());
  MBOXFERRY_TRY(journal_->set_dedupe(settings_.dedupe));
  MBOXFERRY_TRY(match_with_journal(sources_, settings_, *journal_, tracker_));
  MBOXFERRY_ASSIGN(plan::Mapper mapper, directory_.mapper(settings_));
  MBOXFERRY_ASSIGN(MailboxBook book, MailboxBook::open(std::move(mapper), *journal_));
  MBOXFERRY_TRY(assign_mailboxes(sources_, book, *journal_, tracker_));
  IndexGate gate(std::numeric_limits<std::uint64_t>::max(), 0);
  FolderIndexer indexer(settings_, book, *journal_, gate, tracker_);
  for (SourceFolder& source : sources_) {
    tracker_.enter(Progress::Phase::reading, source.row.path);
    MBOXFERRY_TRY(indexer.index(source, interrupt_));
  }
  return journal_->index_mailboxes();
}

Result<std::map<journal::MailboxId, std::uint64_t>> Planner::doubtful_places() {
  std::map<journal::MailboxId, std::uint64_t> places;
  for (const SourceFolder& source : sources_) {
    MBOXFERRY_TRY(journal_->each_finding(source.row.id, [&](const journal::Finding& finding) {
      if (finding.code == kDoubtfulSeparator) ++places[source.row.mailbox];
      return ok();
    }));
  }
  return places;
}

/// What the server says about a mailbox of the plan, and what will become of its messages.
Result<PlannedMailbox> Planner::ask(const journal::MailboxRow& row) {
  PlannedMailbox planned;
  planned.name = row.name;
  planned.renamed_from = row.renamed_from;
  const imap::ListedMailbox* listed = directory_.find(row.name);
  planned.exists = listed != nullptr && listed->selectable;
  // A mailbox that is not there yet will keep the flags that INBOX keeps.
  const std::string asked = planned.exists ? listed->name : "INBOX";
  const auto selected = timed([&] { return target_->select(asked); });
  if (!selected && selected.error().scope != ErrorScope::mailbox) return Error(selected.error());
  plan::FlagLimits limits;
  if (selected) limits = flag_limits(selected->permanent_flags);
  if (selected && planned.exists) {
    MBOXFERRY_ASSIGN(const ReadyMailbox ready, note_mailbox(*selected, row, *journal_));
    planned.already_there = ready.row.existed_before;
    if (settings_.skip_existing) {
      MBOXFERRY_TRY(skip_existing(ready.row, *target_, *journal_,
                                  masked_digest_of(sources_, settings_), interrupt_));
    }
  }
  MBOXFERRY_ASSIGN(const journal::MailboxCounts counts, journal_->counts(row.id));
  MBOXFERRY_ASSIGN(const Tally sums, tally(*journal_, row.id, {journal::State::planned}, limits,
                                           target_->capabilities().append_limit));
  to_send_.messages += counts.planned.messages - sums.oversize;
  to_send_.bytes += counts.planned.bytes - sums.oversize_bytes;
  planned.planned = counts.planned.messages;
  planned.bytes = counts.planned.bytes;
  planned.skipped = counts.skipped.messages;
  planned.oversize = sums.oversize;
  planned.lost_flags = sums.lost_flags;
  planned.date_corrections = sums.date_corrections;
  return planned;
}

TimeEstimate Planner::estimate() const {
  EstimateFacts facts;
  facts.to_send = to_send_;
  facts.round_trip = round_trip_.value_or(0);
  facts.reading = reading_;
  facts.one_by_one = imap::choose_append_mode(target_->capabilities(), settings_.append_mode) ==
                     imap::AppendMode::synchronizing;
  facts.connections = std::max(1, settings_.connections.most);
  facts.limits = settings_.limits;
  return estimate_time(facts);
}

void Planner::judge(Plan& plan) const {
  plan.go = true;
  plan.bytes_needed = to_send_.bytes;
  std::uint64_t planned = 0;
  std::uint64_t oversize = 0;
  for (const PlannedMailbox& mailbox : plan.mailboxes) {
    planned += mailbox.planned;
    oversize += mailbox.oversize;
    if (mailbox.oversize > 0)
      plan.reasons.push_back(
          fmt::format("{}: {} messages are empty or larger than the server takes", mailbox.name,
                      mailbox.oversize));
  }
  // What decides stands first.
  if (planned > 0 && oversize == planned) {
    plan.go = false;
    plan.reasons.insert(plan.reasons.begin(),
                        "the server takes none of the messages: all are empty or larger than its "
                        "limit");
  }
  const bool fits = !plan.quota || plan.quota->used + plan.bytes_needed <= plan.quota->limit;
  if (fits) return;
  plan.go = false;
  plan.reasons.insert(plan.reasons.begin(),
                      fmt::format("the quota holds {} bytes, {} are used and {} are needed",
                                  plan.quota->limit, plan.quota->used, plan.bytes_needed));
}

Result<Plan> Planner::run() {
  MBOXFERRY_ASSIGN(sources_, open_sources(settings_, tracker_));
  tracker_.enter(Progress::Phase::connecting);
  imap::ConnectionOptions options = settings_.connection;
  options.interrupt = &interrupt_;
  MBOXFERRY_ASSIGN(target_, imap::connect_read_only(settings_.account, options));
  MBOXFERRY_ASSIGN(directory_, Directory::read(*target_));
  const auto begun = system_clock().now();
  MBOXFERRY_TRY(read_archives());
  reading_ = std::chrono::duration<double>(system_clock().now() - begun).count();
  MBOXFERRY_ASSIGN(auto doubtful, doubtful_places());
  MBOXFERRY_ASSIGN(const auto rows, journal_->mailboxes());
  Plan plan;
  for (const journal::MailboxRow& row : rows) {
    MBOXFERRY_ASSIGN(PlannedMailbox planned, ask(row));
    planned.doubtful = doubtful[row.id];
    plan.mailboxes.push_back(std::move(planned));
  }
  if (target_->capabilities().quota) {
    MBOXFERRY_ASSIGN(plan.quota, target_->quota("INBOX"));
  }
  plan.name_space = directory_.name_space;
  plan.append_limit = target_->capabilities().append_limit;
  plan.time = estimate();
  target_->log_out();
  judge(plan);
  tracker_.enter(Progress::Phase::done);
  return plan;
}

}  // namespace

Result<Plan> plan_job(const JobSettings& settings, Observer& observer,
                      const Cancellation& interrupt) {
  return Planner(settings, observer, interrupt).run();
}

}  // namespace mboxferry::transfer
