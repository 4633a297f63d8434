// SPDX-License-Identifier: Apache-2.0
// The dry run: the real run's index pass into a journal that is thrown away, and questions to the
// server; nothing is changed.
#include "mboxferry/transfer/plan_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <system_error>

#include "mboxferry/journal/can_begin.h"
#include "mboxferry/journal/lock_file.h"
#include "mboxferry/plan/other_spellings.h"
#include "mboxferry/transfer/patient_target.h"
#include "transfer/check/filed_mail.h"
#include "transfer/check/presence_check.h"
#include "transfer/check/shared_place.h"
#include "transfer/check/skip_existing.h"
#include "transfer/check/unknown_mail.h"
#include "transfer/mailbox/mailboxes.h"
#include "transfer/mailbox/other_places.h"
#include "transfer/mailbox/tally.h"
#include "transfer/pace/tracker.h"
#include "transfer/plan/claim_job.h"
#include "transfer/plan/compare_index.h"
#include "transfer/plan/estimate.h"
#include "transfer/plan/index_pass.h"
#include "transfer/plan/planner.h"
#include "transfer/plan/quota_check.h"
#include "transfer/plan/sender_filing.h"
#include "transfer/source/replaced_folder.h"
#include "transfer/source/source_folders.h"

namespace mboxferry::transfer {

Result<void> Planner::continue_journal() {
  MBOXFERRY_ASSIGN(auto copy, journal::Journal::copy(settings_.journal_path));
  MBOXFERRY_TRY(claim_job(settings_, *copy));
  journal_ = std::move(copy);
  return ok();
}

/// A copy of the journal that the real run would go on with, else an empty one.
Result<void> Planner::open_journal() {
  const std::string& path = settings_.journal_path;
  std::error_code ignored;
  if (!path.empty()) {
    const bool folder_is_made =
        std::filesystem::path(path).parent_path() ==
        std::filesystem::path(settings_.state_folder + "/journal").parent_path();
    if (const auto possible = journal::can_begin(path, folder_is_made); !possible)
      cannot_begin_ = possible.error();
  }
  if (!path.empty() && std::filesystem::exists(path, ignored)) {
    const auto holder = journal::LockFile::holder_of(path);
    const auto continued = continue_journal();
    if (holder && continued)
      tracker_.notice(fmt::format(
          "the journal {} is in use by {}; the plan begins where that is now", path, *holder));
    if (holder && !continued)
      tracker_.notice(fmt::format("the journal {} is in use by {}; the plan is made without it: {}",
                                  path, *holder, continued.error().what));
    if (continued) {
      continues_ = true;
      return ok();
    }
    if (!holder && !cannot_begin_) cannot_begin_ = continued.error();
  }
  MBOXFERRY_ASSIGN(journal_, journal::Journal::open("", journal::OpenMode::scratch));
  return ok();
}

Result<void> Planner::read_archives(const UnreadFiles& not_read) {
  MBOXFERRY_TRY(open_journal());
  MBOXFERRY_ASSIGN(settings_.index.content_key, content_key(*journal_));
  settings_.index.collect_senders = settings_.senders.any();
  MBOXFERRY_ASSIGN(const std::string changed, note_sender_lists(settings_.senders, *journal_));
  if (!changed.empty()) tracker_.notice(changed);
  MBOXFERRY_TRY(journal_->set_dedupe(settings_.dedupe));
  MBOXFERRY_TRY(not_read.write(*journal_));
  MBOXFERRY_TRY(match_with_journal(sources_, settings_, *journal_, tracker_));
  for (SourceFolder& source : sources_)
    if (source.touched)
      MBOXFERRY_TRY(compare_index(source, settings_, *journal_, tracker_, interrupt_));
  if (settings_.strict) MBOXFERRY_TRY(doubt_gone(*journal_));
  MBOXFERRY_ASSIGN(plan::Mapper mapper, directory_.mapper(settings_));
  MBOXFERRY_ASSIGN(MailboxBook book, MailboxBook::open(std::move(mapper), *journal_));
  MBOXFERRY_TRY(assign_mailboxes(sources_, book, *journal_, tracker_));
  IndexGate gate(std::numeric_limits<std::uint64_t>::max(), 0);
  FolderIndexer indexer(settings_, book, *journal_, gate, tracker_);
  for (SourceFolder& source : sources_) {
    if (source.row.index_done) continue;
    tracker_.enter(Progress::Phase::reading, source.row.path);
    MBOXFERRY_TRY(indexer.index(source, interrupt_));
  }
  MBOXFERRY_TRY(take_over_replaced(sources_, *journal_, tracker_));
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
Result<PlannedMailbox> Planner::ask(journal::MailboxRow row) {
  if (directory_.find(row.name) == nullptr) MBOXFERRY_TRY(foresee_name(row));
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
    if (continues_) MBOXFERRY_TRY(skip_mail_of_others(ready));
    MBOXFERRY_ASSIGN(const auto noted, journal_->note(look_through_note(row.id)));
    if (settings_.skip_existing || noted) {
      MBOXFERRY_TRY(skip_existing(ready.row, *target_, *journal_,
                                  masked_digest_of(sources_, settings_),
                                  form_of(sources_, settings_), interrupt_));
    }
  }
  MBOXFERRY_ASSIGN(const journal::MailboxCounts counts, journal_->counts(row.id));
  MBOXFERRY_ASSIGN(const Tally sums,
                   tally(*journal_, row.id, {journal::State::planned}, limits,
                         target_->capabilities().append_limit, settings_.limits.message_bytes));
  to_send_.messages += counts.planned.messages - sums.oversize;
  to_send_.bytes += counts.planned.bytes - sums.oversize_bytes;
  planned.planned = counts.planned.messages;
  planned.bytes = counts.planned.bytes;
  planned.skipped = counts.skipped.messages;
  planned.stored = counts.stored;
  planned.in_doubt = counts.intended.messages;
  planned.refused = counts.refused.messages;
  planned.oversize = sums.oversize;
  planned.lost_flags = sums.lost_flags;
  planned.receipts = sums.receipts;
  planned.date_corrections = sums.date_corrections;
  return planned;
}

/// What another job, or a newer copy of the journal, has stored is not sent, as in the run.
Result<void> Planner::skip_mail_of_others(const ReadyMailbox& ready) {
  MBOXFERRY_ASSIGN(const auto unknown, unknown_mail(ready, *journal_));
  MBOXFERRY_ASSIGN(const journal::MailboxCounts counts, journal_->counts(ready.row.id));
  if (unknown.empty() || counts.planned.messages == 0) return ok();
  MBOXFERRY_TRY(skip_unknown_mail(ready, unknown, *target_, *journal_,
                                  masked_digest_of(sources_, settings_),
                                  form_of(sources_, settings_), interrupt_));
  return ok();
}

/// As the real run does, which does not ask about mailboxes that its journal knows.
Result<std::vector<Presence>> Planner::look_for_copies() {
  MBOXFERRY_ASSIGN(const auto allowed, journal_->note(kAllowCopiesNote));
  if (settings_.allow_copies || allowed) return std::vector<Presence>();
  PresenceCheck check(settings_, sources_, *journal_, interrupt_);
  const Places places = settings_.skip_existing ? Places::elsewhere : Places::all;
  MBOXFERRY_ASSIGN(std::vector<Presence> found, check.look(*target_, directory_, places));
  if (check.not_asked() > 0) tracker_.notice(describe_not_asked(check.not_asked()));
  MBOXFERRY_ASSIGN(const bool continues, goes_on(*journal_));
  if (PresenceCheck::may_look_closer(found, continues ? Places::elsewhere : places))
    MBOXFERRY_TRY(check.look_closer(found, *target_));
  MBOXFERRY_ASSIGN(shared_, mail_in_one_place(found, sources_, directory_, *journal_));
  if (shared_) return std::vector<Presence>();
  std::erase_if(found, [](const Presence& presence) { return presence.shared; });
  if (continues && !settings_.skip_existing && !keep_from_going_on(found)) {
    MBOXFERRY_TRY(tell(look_through(found, *journal_)));
    std::erase_if(found,
                  [](const Presence& presence) { return presence.there() || presence.in_place(); });
    return found;
  }
  if (settings_.skip_existing && !keep_from_going_on(found)) {
    MBOXFERRY_TRY(tell(go_on_elsewhere(found, *journal_)));
    return std::vector<Presence>();
  }
  MBOXFERRY_TRY(check.judge(found));
  MBOXFERRY_TRY(leave_out_few(found, *journal_));
  return found;
}

Result<void> Planner::tell(const Result<std::vector<std::string>>& notices) {
  if (!notices) return notices.error();
  for (const std::string& notice : *notices) tracker_.notice(notice);
  return ok();
}

/// Once what is in the folders' own mailboxes is left out.
Result<void> Planner::look_for_filed_mail() {
  MBOXFERRY_ASSIGN(const auto allowed, journal_->note(kAllowCopiesNote));
  MBOXFERRY_ASSIGN(const bool continues, goes_on(*journal_));
  if (!settings_.skip_existing || settings_.allow_copies || allowed || continues) return ok();
  MBOXFERRY_ASSIGN(filed_, find_filed_mail(settings_, directory_, *journal_, *target_, interrupt_));
  return ok();
}

/// Some servers tell of an absent mailbox that they will refuse its name (Dovecot: CANNOT).
Result<void> Planner::foresee_name(journal::MailboxRow& row) {
  MBOXFERRY_ASSIGN(bool taken, takes_name(row.name));
  if (taken) return ok();
  const imap::Namespace& space = directory_.name_space;
  for (const plan::OtherSpelling& other :
       plan::other_spellings(row.name, space.separator, space.prefix)) {
    MBOXFERRY_ASSIGN(std::string name, free_name(other.name, row, *journal_, directory_, *target_));
    MBOXFERRY_ASSIGN(taken, takes_name(name));
    if (!taken) continue;
    tracker_.notice(fmt::format("{} goes into mailbox {} ({})", row.name, name, other.why));
    if (row.renamed_from.empty()) row.renamed_from = row.name;
    row.name = std::move(name);
    return journal_->update_mailbox(row);
  }
  refused_names_.push_back(row.name);
  return ok();
}

Result<bool> Planner::takes_name(const std::string& name) {
  const auto status = timed([&] { return target_->status(name); });
  if (!status && status.error().scope != ErrorScope::mailbox) return Error(status.error());
  if (!status && status.error().code == ErrorCode::configuration) return false;
  return target_->lists_to_everybody(name);
}

Result<void> Planner::measure_pace(EstimateFacts& facts) {
  const journal::Count& all = facts.to_send;
  imap::ConnectionOptions options = settings_.connection;
  options.interrupt = &interrupt_;
  const auto begun = system_clock().now();
  auto target = imap::connect(settings_.account, options, settings_.append_mode);
  facts.connecting = std::chrono::duration<double>(system_clock().now() - begun).count();
  if (!target) {
    facts.no_pace = target.error().what;
    return interrupt_.requested() ? Result<void>(interrupted("interrupted while measuring")) : ok();
  }
  ProbeBounds bounds{facts.round_trip, std::nullopt};
  if (quota_ && !settings_.quota_reserve.ignore_quota)
    bounds.room = room_in(*quota_, settings_.quota_reserve);
  const std::string account = settings_.account.label();
  const auto removed =
      remove_abandoned_probes(**target, directory_.name_space, directory_.listed, system_clock());
  if (removed)
    for (const std::string& mailbox : *removed)
      tracker_.notice(fmt::format("{}: removed mailbox {}, which an earlier --probe had left",
                                  account, mailbox));
  Result<Probe> measured = removed ? probe(**target, directory_.name_space,
                                           all.bytes / all.messages, bounds, system_clock())
                                   : Result<Probe>(removed.error());
  if (measured && !measured->left.empty())
    tracker_.notice(
        fmt::format("{}: mailbox {} could not be deleted after measuring; a --probe in an "
                    "hour or later removes it, and it can go by hand",
                    account, measured->left));
  if (interrupt_.requested()) return interrupted("interrupted while measuring");
  const bool lost = !measured || measured->broken;
  if (lost) {
    facts.no_pace = measured ? measured->broken->what : measured.error().what;
    return ok();
  }
  (*target)->log_out();
  facts.pace = measured->pace;
  facts.no_pace = measured->refusal;
  return ok();
}

Result<TimeEstimate> Planner::estimate() {
  EstimateFacts facts;
  facts.to_send = to_send_;
  facts.round_trip = round_trip_.value_or(0);
  facts.reading = reading_;
  facts.one_by_one = imap::choose_append_mode(target_->capabilities(), settings_.append_mode) ==
                     imap::AppendMode::synchronizing;
  facts.connections = std::max(1, settings_.connections.most);
  facts.limits = settings_.limits;
  if (settings_.probe && to_send_.messages > 0) MBOXFERRY_TRY(measure_pace(facts));
  return estimate_time(facts);
}

/// A plan is kept in memory, so it names no more than the first.
Result<Plan> Planner::run() {
  MBOXFERRY_ASSIGN(auto filter, plan::FolderFilter::create(settings_.include, settings_.exclude));
  UnreadFiles not_read(std::move(filter));
  MBOXFERRY_ASSIGN(sources_, open_sources(settings_, not_read, tracker_));
  tracker_.enter(Progress::Phase::connecting);
  imap::ConnectionOptions options = settings_.connection;
  options.interrupt = &interrupt_;
  options.tell = [this](std::string_view line) { tracker_.notice(std::string(line)); };
  MBOXFERRY_ASSIGN(auto target, imap::connect_read_only(settings_.account, options));
  target_ = patient(std::move(target), {system_clock(), interrupt_, options.tell});
  MBOXFERRY_ASSIGN(directory_, Directory::read(*target_));
  const auto begun = system_clock().now();
  MBOXFERRY_TRY(read_archives(not_read));
  reading_ = std::chrono::duration<double>(system_clock().now() - begun).count();
  MBOXFERRY_ASSIGN(auto doubtful, doubtful_places());
  MBOXFERRY_ASSIGN(const auto presences, look_for_copies());
  MBOXFERRY_ASSIGN(const auto rows, journal_->mailboxes());
  Plan plan;
  MBOXFERRY_ASSIGN(journal::SenderTotalsByMailbox senders, journal_->sender_totals());
  for (const journal::MailboxRow& row : rows) {
    MBOXFERRY_ASSIGN(PlannedMailbox planned, ask(row));
    // The run makes it anew, and looks for all of it.
    if (!planned.exists && row.uid_validity != 0 && settings_.strict)
      MBOXFERRY_TRY(journal_->doubt_everything(row.id, row.uid_validity));
    planned.doubtful = doubtful[row.id];
    planned.senders = senders[row.id];
    plan.mailboxes.push_back(std::move(planned));
  }
  MBOXFERRY_TRY(look_for_filed_mail());
  MBOXFERRY_TRY(list_senders(plan));
  MBOXFERRY_TRY(compare_stored());
  if (target_->capabilities().quota) {
    MBOXFERRY_ASSIGN(quota_, target_->quota("INBOX"));
  }
  plan.quota = quota_;
  plan.name_space = directory_.name_space;
  plan.append_limit = target_->capabilities().append_limit;
  MBOXFERRY_ASSIGN(plan.time, estimate());
  target_->log_out();
  judge(plan, presences);
  judge_journal(plan);
  MBOXFERRY_TRY(list_unread(plan));
  tracker_.enter(Progress::Phase::done);
  return plan;
}

Result<Plan> plan_job(const JobSettings& settings, Observer& observer,
                      const Cancellation& interrupt) {
  return Planner(settings, observer, interrupt).run();
}

}  // namespace mboxferry::transfer
