// SPDX-License-Identifier: Apache-2.0
// Runs one job: sources, journal, sessions until everything is done, verification, quarantine.
#include "mboxferry/transfer/job.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <utility>

#include "mboxferry/transfer/patient_target.h"
#include "transfer/check/final_check.h"
#include "transfer/check/quarantine.h"
#include "transfer/mailbox/mailbox_book.h"
#include "transfer/mailbox/mailboxes.h"
#include "transfer/mailbox/tally.h"
#include "transfer/pace/connection_tuner.h"
#include "transfer/pace/daily_budget.h"
#include "transfer/pace/early_connections.h"
#include "transfer/pace/reconnect.h"
#include "transfer/pace/tracker.h"
#include "transfer/plan/claim_job.h"
#include "transfer/plan/compare_index.h"
#include "transfer/plan/index_pass.h"
#include "transfer/plan/sender_filing.h"
#include "transfer/plan/start_check.h"
#include "transfer/run/job_runner.h"
#include "transfer/run/written_archive.h"
#include "transfer/source/folder_readers.h"
#include "transfer/source/job_outputs.h"
#include "transfer/source/replaced_folder.h"
#include "transfer/source/source_folders.h"
#include "transfer/source/standing_bytes.h"
#include "transfer/target/throttled_target.h"
#include "transfer/upload/crew.h"
#include "transfer/upload/mailbox_preparer.h"

namespace mboxferry::transfer {

namespace {

// Indexed and not yet sent: small enough to stay in the page cache, large enough that the sender
// never waits for a slow stretch of the archive.
constexpr std::uint64_t kIndexLead = 256u << 20;

}  // namespace

Result<void> JobRunner::open() {
  tracker_.enter(Progress::Phase::reading);
  MBOXFERRY_ASSIGN(auto filter, plan::FolderFilter::create(settings_.include, settings_.exclude));
  UnreadFiles not_read(std::move(filter));
  MBOXFERRY_ASSIGN(sources_, open_sources(settings_, not_read, tracker_));
  std::error_code ignored;
  if (!std::filesystem::exists(settings_.journal_path, ignored))
    MBOXFERRY_TRY(check_quarantine_place(settings_.journal_path, nullptr));
  MBOXFERRY_ASSIGN(journal_, journal::Journal::open(settings_.journal_path,
                                                    journal::OpenMode::create_or_resume));
  MBOXFERRY_TRY(check_quarantine_place(settings_.journal_path, journal_.get()));
  MBOXFERRY_ASSIGN(settings_.index.content_key, content_key(*journal_));
  settings_.index.collect_senders = settings_.senders.any();
  MBOXFERRY_TRY(journal_->set_dedupe(settings_.dedupe));
  MBOXFERRY_TRY(journal_->together([&]() -> Result<void> {
    MBOXFERRY_TRY(claim_job(settings_, *journal_));
    MBOXFERRY_TRY(keep_notes());
    MBOXFERRY_TRY(note_outputs(settings_, *journal_));
    MBOXFERRY_TRY(not_read.write(*journal_));
    return match_with_journal(sources_, settings_, *journal_, tracker_);
  }));
  for (SourceFolder& source : sources_) {
    MBOXFERRY_ASSIGN(const bool is_written, is_being_written(source, *environment_.clock));
    if (settings_.take_what_stands || is_written) take_what_stands(source);
  }
  for (SourceFolder& source : sources_)
    if (source.touched)
      MBOXFERRY_TRY(compare_index(source, settings_, *journal_, tracker_, interrupt_));
  if (!any_replaced(sources_)) MBOXFERRY_TRY(plan_refused_again());
  if (settings_.strict) MBOXFERRY_TRY(doubt_gone(*journal_));
  return begin_progress();
}

/// Only when the archive is known to be the same: its messages are to be had again.
Result<void> JobRunner::plan_refused_again() {
  if (!settings_.retry) return ok();
  MBOXFERRY_ASSIGN(Refusals refused, find_refused(*journal_, *settings_.retry));
  journal::Step step;
  step.retried = std::move(refused.chosen);
  return journal_->commit(step);
}

Result<void> JobRunner::keep_notes() {
  const bool implicit = settings_.account.security == imap::Security::implicit_tls;
  const std::string ca_file = settings_.account.ca_file.empty()
                                  ? ""
                                  : std::filesystem::absolute(settings_.account.ca_file).string();
  MBOXFERRY_TRY(journal_->set_note("connection.security", implicit ? "implicit" : "starttls"));
  MBOXFERRY_TRY(journal_->set_note("connection.ca_file", ca_file));
  MBOXFERRY_TRY(journal_->set_note("connection.tls_pin", settings_.account.tls_pin));
  MBOXFERRY_TRY(
      journal_->set_note("connection.tls_pin_only", settings_.account.tls_pin_only ? "1" : ""));
  MBOXFERRY_ASSIGN(const auto verdict, journal_->note("verdict"));
  was_complete_ =
      verdict == verdict_name(Verdict::complete) || verdict == verdict_name(Verdict::incomplete);
  MBOXFERRY_TRY(
      journal_->set_note(journal::kUnreadAcceptedNote, settings_.accept_unread ? "1" : "0"));
  MBOXFERRY_ASSIGN(const std::string changed, note_sender_lists(settings_.senders, *journal_));
  if (!changed.empty()) tracker_.notice(changed);
  MBOXFERRY_TRY(journal_->set_note("verdict", "running"));
  MBOXFERRY_TRY(record_.resume(*journal_));
  MBOXFERRY_ASSIGN(const auto sent_today, journal_->note(kSentTodayNote));
  budget_.resume(sent_today.value_or(""));
  MBOXFERRY_ASSIGN(const auto started, journal_->note("started"));
  is_new_ = !started;
  if (started) return ok();
  return journal_->set_note("started", to_rfc3339({settings_.index.now, 0}));
}

Result<void> JobRunner::begin_progress() {
  MBOXFERRY_ASSIGN(const journal::MailboxCounts counts, journal_->counts(0));
  MBOXFERRY_ASSIGN(const journal::Count unread, journal_->unread());
  tracker_.update([&](Progress& progress) {
    progress.unread = unread.messages;
    progress.total = meant(counts);
    progress.stored = counts.stored;
    progress.refused = counts.refused.messages;
    for (const SourceFolder& source : sources_) {
      progress.archive_bytes += source.place.bytes_on_disk;
      if (source.row.index_done) progress.read_bytes += source.place.bytes_on_disk;
    }
  });
  const std::uint64_t lead = index_first() ? std::numeric_limits<std::uint64_t>::max() : kIndexLead;
  gate_.emplace(lead, counts.planned.bytes + counts.intended.bytes);
  return ok();
}

Result<void> JobRunner::transfer_all() {
  MBOXFERRY_ASSIGN(settings_.connections.most,
                   limited_connections(settings_.connections.most, *journal_, *environment_.clock));
  MBOXFERRY_TRY(with_second_chances([this] { return meet(); }));
  MBOXFERRY_TRY(assign_mailboxes(sources_, *book_, *journal_, tracker_));
  if (settings_.senders.reroutes() && settings_.senders.blocked == BlockedMail::junk)
    MBOXFERRY_TRY(book_->foresee_junk());
  const int beginnings = index_first() ? 0 : settings_.connections.most;
  start_check_.emplace(settings_, sources_, *journal_, tracker_, interrupt_);
  index_pass_.emplace(sources_, settings_, *book_, *journal_, *gate_, tracker_,
                      static_cast<std::size_t>(beginnings));
  index_pass_->start(interrupt_);
  if (index_first()) MBOXFERRY_TRY(wait_for_index());
  if (any_replaced(sources_)) MBOXFERRY_TRY(take_over());
  MBOXFERRY_TRY(with_second_chances([this] { return check_start(); }));
  return send_everything();
}

void JobRunner::pass_on_notices() {
  if (!environment_.take_notices) return;
  for (const std::string& line : environment_.take_notices()) tracker_.notice(line);
}

/// A connection that keeps to the limits.
Result<std::unique_ptr<imap::Target>> JobRunner::connect(const imap::BeforeLogin& before_login) {
  auto connected = environment_.connect(before_login);
  pass_on_notices();
  MBOXFERRY_ASSIGN(auto target, std::move(connected));
  target = patient(std::move(target), {*environment_.clock, interrupt_,
                                       [this](const auto& line) { tracker_.notice(line); }});
  if (!settings_.limits.per_second()) return target;
  return throttled(std::move(target), throttle_, *environment_.clock, tracker_);
}

Result<void> JobRunner::meet() {
  tracker_.enter(Progress::Phase::connecting);
  target_.reset();
  connect_others();
  auto first = connect();
  if (!first) {
    others_.give_up();
    return first.error();
  }
  others_.let_log_in();
  target_ = std::move(*first);
  auto directory = Directory::read(*target_);
  pass_on_notices();
  MBOXFERRY_ASSIGN(directory_, std::move(directory));
  MBOXFERRY_ASSIGN(plan::Mapper mapper, directory_->mapper(settings_));
  MBOXFERRY_ASSIGN(MailboxBook book, MailboxBook::open(std::move(mapper), *journal_));
  book_.emplace(std::move(book));
  return ok();
}

/// As many as the user asked for, where there will be work for them soon.
void JobRunner::connect_others() {
  if (settings_.connections.adaptive || index_first()) return;
  others_.begin(static_cast<std::size_t>(std::max(settings_.connections.most, 1) - 1));
}

/// Labels name mailboxes that are not known before the last message is read, and two of them may
/// clash; what is there already is matched with all that is planned.
bool JobRunner::index_first() const {
  const bool labels = std::any_of(sources_.begin(), sources_.end(),
                                  [](const SourceFolder& source) { return source.by_label; });
  return labels || settings_.skip_existing || any_replaced(sources_);
}

Result<void> JobRunner::wait_for_index() {
  tracker_.enter(Progress::Phase::reading);
  for (;;) {
    const IndexGate::Position index = gate_->position();
    if (index.folders_done == sources_.size()) return journal_->index_mailboxes();
    MBOXFERRY_TRY(gate_->wait_beyond(index, interrupt_));
    if (interrupt_.requested()) return interrupted("interrupted while reading the archive");
  }
}

/// What was counted as planned may be stored already.
Result<void> JobRunner::take_over() {
  MBOXFERRY_TRY(take_over_replaced(sources_, *journal_, tracker_));
  MBOXFERRY_TRY(plan_refused_again());
  MBOXFERRY_ASSIGN(const journal::MailboxCounts counts, journal_->counts(0));
  tracker_.update([&](Progress& progress) {
    progress.total = meant(counts);
    progress.stored = counts.stored;
    progress.refused = counts.refused.messages;
  });
  return ok();
}

/// Nothing has been created or sent yet.
Result<void> JobRunner::check_start() {
  if (!target_) {
    MBOXFERRY_ASSIGN(target_, connect());
  }
  return start_check_->check(*target_, *directory_, [this] { return wait_for_index(); });
}

Result<void> JobRunner::note_pace() {
  return record_.note_pace(tracker_.snapshot().stored, true, *environment_.clock, *journal_);
}

Result<void> JobRunner::send_everything() {
  MBOXFERRY_TRY(note_pace());
  StepWriter steps(*journal_);
  const SendContext context{settings_, sources_, *journal_,           steps,     *gate_, tracker_,
                            record_,   budget_,  *environment_.clock, interrupt_};
  ConnectionLimits limits = settings_.connections;
  if (limits.per_mailbox == 0) limits.per_mailbox = can_keep_order(*target_) ? limits.most : 1;
  WorkBoard board(sources_, *journal_, *gate_, record_, limits.per_mailbox, interrupt_);
  MailboxPreparer preparer(context, *directory_);
  Crew crew(context, board, preparer, limits.most, [this] { return others_.take(); });
  const auto sent = crew.run(std::move(target_));
  target_ = crew.take_target();
  limits_ = preparer.limits();
  const auto noted = note_pace();
  return sent ? noted : sent;
}

/// What plans predict, as it came out; nothing is planned or in doubt any more.
Result<Verdict> JobRunner::run() {
  MBOXFERRY_TRY(open());
  const auto transferred = transfer_all();
  if (!transferred && was_written_to(transferred.error()) && may_look_again_) {
    index_pass_.reset();
    return transferred.error();
  }
  auto verdict = conclude(transferred);
  // What an earlier run left in the journal may be the only proof of what it sent. Settings that
  // the error advises are none that a journal with messages would let in.
  const bool wants_others = (start_check_ && start_check_->found_copies()) ||
                            (!transferred && transferred.error().code == ErrorCode::configuration);
  if (!is_new_ || !wants_others) return verdict;
  const auto discarded = discard_unused(std::move(journal_));
  if (!discarded) unwritten_.push_back(discarded.error());
  return verdict;
}

JobResult run_job(const JobSettings& settings, const Environment& environment, Observer& observer,
                  const Cancellation& interrupt) {
  const auto start = std::chrono::steady_clock::now();
  const auto run = [&](const JobSettings& once, bool may_look_again) {
    JobRunner runner(once, environment, observer, interrupt, may_look_again);
    const Result<Verdict> verdict = runner.run();
    JobResult result;
    if (verdict) {
      result.verdict = *verdict;
      result.reason = runner.reason();
    } else {
      result.error = verdict.error();
      if (verdict.error().code == ErrorCode::interrupted) result.verdict = Verdict::interrupted;
    }
    result.stored_now = runner.stored_now();
    result.unwritten = runner.unwritten();
    return result;
  };
  JobResult result = run_while_written_to(settings, run, observer, *environment.clock, interrupt);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace mboxferry::transfer
