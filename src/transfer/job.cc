// SPDX-License-Identifier: Apache-2.0
// Runs one job: sources, journal, sessions until everything is done, verification, quarantine.
#include "mboxferry/transfer/job.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <limits>
#include <map>
#include <set>

#include "transfer/index_pass.h"
#include "transfer/mailbox_book.h"
#include "transfer/mailboxes.h"
#include "transfer/quarantine.h"
#include "transfer/reconcile.h"
#include "transfer/sender.h"
#include "transfer/source_folders.h"
#include "transfer/tally.h"
#include "transfer/tracker.h"
#include "transfer/waiting.h"

namespace mboxferry::transfer {
namespace {

using std::chrono::milliseconds;

// Indexed and not yet sent: small enough to stay in the page cache, large enough that the sender
// never waits for a slow stretch of the archive.
constexpr std::uint64_t kIndexLead = 256u << 20;
constexpr milliseconds kLongestBackoff{30'000};
constexpr int kFirstTries = 2;

std::string absolute_lines(const std::vector<std::string>& paths) {
  std::string lines;
  for (const std::string& path : paths) {
    std::error_code error;
    const auto full = std::filesystem::weakly_canonical(path, error);
    lines += (error ? path : full.string()) + "\n";
  }
  return lines;
}

/// Everything that decides which bytes go where: a job may not change it half-way.
std::string settings_text(const JobSettings& settings) {
  std::string order;
  for (const message::DateSource source : settings.index.date_order)
    order += std::string(message::date_source_name(source)) + ",";
  const plan::MappingRules& mapping = settings.mapping;
  std::string maps;
  for (const plan::MapRule& rule : mapping.maps)
    maps += fmt::format("map={}={}\n", rule.from, rule.to);
  for (const std::string& glob : settings.include) maps += "include=" + glob + "\n";
  for (const std::string& glob : settings.exclude) maps += "exclude=" + glob + "\n";
  return fmt::format(
      "mailbox={}\nsubfolder={}\nspecial-use={:d}\n{}labels={}\ndedupe={}\nskip-existing={:d}\n"
      "dialect={}\ninternaldate={}\ndefault-flags={}\ninclude-expunged={:d}\n"
      "keep-deleted={:d}\nstrip-status-headers={:d}\n",
      mapping.mailbox.value_or(""), mapping.subfolder, mapping.special_use, maps,
      plan::label_policy_name(label_policy(settings)), journal::dedupe_name(settings.dedupe),
      settings.skip_existing, mbox::dialect_name(settings.index.dialect), order,
      settings.index.default_flags, settings.index.include_expunged,
      settings.index.keep_deleted_flag, settings.index.strip_status_headers);
}

/// All that is not skipped.
journal::Count meant(const journal::MailboxCounts& counts) {
  journal::Count sum;
  for (const journal::Count* count :
       {&counts.planned, &counts.intended, &counts.stored, &counts.refused}) {
    sum.messages += count->messages;
    sum.bytes += count->bytes;
  }
  return sum;
}

/// One job from beginning to end.
class JobRunner {
 public:
  JobRunner(const JobSettings& settings, const Environment& environment, Observer& observer,
            const Cancellation& interrupt)
      : settings_(settings), environment_(environment), tracker_(observer), interrupt_(interrupt) {
    settings_.index.digest_of = DigestOf::content;
  }

  Result<Verdict> run();
  [[nodiscard]] journal::Count stored_now() const { return tracker_.snapshot().stored_now; }

 private:
  Result<void> open();
  Result<void> keep_notes();
  Result<void> begin_progress();
  Result<void> transfer_all();
  Result<void> session();
  Result<void> wait_for_index();
  Result<void> send_folder(const SourceFolder& source, std::size_t position);
  Result<void> send_into(const SourceFolder& source, std::size_t position,
                         const journal::MailboxRow& mailbox);
  Result<void> reconcile_mailbox(const ReadyMailbox& ready);
  Result<void> skip_what_is_there(const ReadyMailbox& ready);
  Result<void> note_tallies();
  /// True when nothing may be created or sent before every message is indexed.
  [[nodiscard]] bool index_first() const;
  Result<Verdict> verify();
  Result<Verdict> conclude(const Result<void>& transferred);
  Result<void> wait_before_reconnect(const Error& error, int attempt);

  JobSettings settings_;
  const Environment& environment_;
  Tracker tracker_;
  const Cancellation& interrupt_;
  std::vector<SourceFolder> sources_;
  std::unique_ptr<journal::Journal> journal_;
  std::unique_ptr<imap::Target> target_;
  std::optional<Directory> directory_;
  std::optional<MailboxBook> book_;
  std::map<journal::MailboxId, plan::FlagLimits> limits_;  ///< of the mailboxes seen in this run
  std::set<journal::MailboxId> looked_through_;  ///< what they held before the job is skipped
  std::optional<IndexGate> gate_;
  std::optional<IndexPass> index_pass_;
  SendMemory memory_;
  std::size_t next_folder_ = 0;
};

Result<void> JobRunner::open() {
  tracker_.enter(Progress::Phase::reading);
  MBOXFERRY_ASSIGN(sources_, open_sources(settings_, tracker_));
  MBOXFERRY_ASSIGN(journal_, journal::Journal::open(settings_.journal_path,
                                                    journal::OpenMode::create_or_resume));
  MBOXFERRY_TRY(journal_->claim(
      {settings_.account.label(), absolute_lines(settings_.archives), settings_text(settings_)}));
  MBOXFERRY_TRY(keep_notes());
  MBOXFERRY_TRY(journal_->set_dedupe(settings_.dedupe));
  MBOXFERRY_TRY(match_with_journal(sources_, settings_, *journal_, tracker_));
  for (SourceFolder& source : sources_)
    if (source.touched) MBOXFERRY_TRY(compare_index(source, settings_, *journal_, interrupt_));
  return begin_progress();
}

Result<void> JobRunner::keep_notes() {
  const bool implicit = settings_.account.security == imap::Security::implicit_tls;
  const std::string ca_file = settings_.account.ca_file.empty()
                                  ? ""
                                  : std::filesystem::absolute(settings_.account.ca_file).string();
  MBOXFERRY_TRY(journal_->set_note("connection.security", implicit ? "implicit" : "starttls"));
  MBOXFERRY_TRY(journal_->set_note("connection.ca_file", ca_file));
  MBOXFERRY_TRY(journal_->set_note("connection.tls_pin", settings_.account.tls_pin));
  MBOXFERRY_TRY(journal_->set_note("verdict", "running"));
  MBOXFERRY_ASSIGN(const auto slowest, journal_->note(kSlowestConfirmNote));
  memory_.noted_confirm = milliseconds(std::strtoll(slowest.value_or("0").c_str(), nullptr, 10));
  memory_.slowest_confirm = memory_.noted_confirm;
  MBOXFERRY_ASSIGN(const auto started, journal_->note("started"));
  if (started) return ok();
  return journal_->set_note("started", to_rfc3339({settings_.index.now, 0}));
}

Result<void> JobRunner::begin_progress() {
  MBOXFERRY_ASSIGN(const journal::MailboxCounts counts, journal_->counts(0));
  tracker_.update([&](Progress& progress) {
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

Result<void> JobRunner::wait_before_reconnect(const Error& error, int attempt) {
  const milliseconds backoff =
      std::min(milliseconds(250) * (1 << std::min(attempt, 10)), kLongestBackoff);
  const milliseconds wait = std::max(error.retry.after, attempt == 0 ? milliseconds(0) : backoff);
  tracker_.notice(fmt::format("{}; connecting again in {:.1f} s", error.what,
                              static_cast<double>(wait.count()) / 1000));
  if (wait_unless(interrupt_, *environment_.clock, wait)) return ok();
  return Error{ErrorCode::interrupted, "interrupted while waiting for the server",
               "run the same command again to go on"};
}

/// Sessions until nothing is left to send. What a lost connection leaves in doubt is reconciled by
/// the next session before it sends anything into that mailbox.
Result<void> JobRunner::transfer_all() {
  for (int attempt = 0;;) {
    memory_.progress = false;
    const Result<void> done = session();
    if (done) return ok();
    Error error = done.error();
    const bool again = error.scope == ErrorScope::session && error.retry.when != Retry::When::never;
    // A server that never answered is more likely a wrong name than a bad moment; one that hung up
    // gets a second chance.
    const bool met = directory_.has_value();
    if (!again || (!met && error.retry.when == Retry::When::later)) return error;
    attempt = memory_.progress ? 0 : attempt + 1;
    if (!met && attempt > kFirstTries) return error;
    if (attempt > settings_.reconnects) {
      error.code = ErrorCode::try_later;
      error.hint = "the job is kept; run the same command again to go on";
      return error;
    }
    MBOXFERRY_TRY(wait_before_reconnect(error, attempt));
  }
}

Result<void> JobRunner::session() {
  tracker_.enter(Progress::Phase::connecting);
  target_.reset();
  MBOXFERRY_ASSIGN(target_, environment_.connect());
  MBOXFERRY_ASSIGN(directory_, Directory::read(*target_));
  if (!book_) {
    MBOXFERRY_ASSIGN(plan::Mapper mapper, directory_->mapper(settings_));
    MBOXFERRY_ASSIGN(MailboxBook book, MailboxBook::open(std::move(mapper), *journal_));
    book_.emplace(std::move(book));
  }
  if (!index_pass_) {
    MBOXFERRY_TRY(assign_mailboxes(sources_, *book_, *journal_, tracker_));
    index_pass_.emplace(sources_, settings_, *book_, *journal_, *gate_, tracker_);
  }
  if (index_first()) MBOXFERRY_TRY(wait_for_index());
  // A folder that is done stays done: a lost connection leaves nothing in doubt but the current
  // one.
  for (; next_folder_ < sources_.size(); ++next_folder_)
    MBOXFERRY_TRY(send_folder(sources_[next_folder_], next_folder_));
  return ok();
}

/// Labels name mailboxes that are not known before the last message is read, and two of them may
/// clash; what is there already is matched with all that is planned.
bool JobRunner::index_first() const {
  const bool labels = std::any_of(sources_.begin(), sources_.end(),
                                  [](const SourceFolder& source) { return source.by_label; });
  return labels || settings_.skip_existing;
}

Result<void> JobRunner::wait_for_index() {
  tracker_.enter(Progress::Phase::reading);
  for (;;) {
    const IndexGate::Position index = gate_->position();
    if (index.folders_done == sources_.size()) return ok();
    MBOXFERRY_TRY(gate_->wait_beyond(index, interrupt_));
    if (interrupt_.requested())
      return Error{ErrorCode::interrupted, "interrupted while reading the archive",
                   "run the same command again to go on"};
  }
}

Result<void> JobRunner::send_folder(const SourceFolder& source, std::size_t position) {
  std::vector<journal::MailboxId> wanted{source.row.mailbox};
  if (source.by_label) {
    MBOXFERRY_ASSIGN(wanted, journal_->mailboxes_of(source.row.id));
  }
  MBOXFERRY_ASSIGN(const auto rows, journal_->mailboxes());
  for (const journal::MailboxId id : wanted) {
    const auto row = std::find_if(rows.begin(), rows.end(),
                                  [&](const journal::MailboxRow& known) { return known.id == id; });
    if (row == rows.end())
      return Error{ErrorCode::internal, "the folder " + source.row.path + " has no mailbox", ""};
    MBOXFERRY_TRY(send_into(source, position, *row));
  }
  return ok();
}

Result<void> JobRunner::send_into(const SourceFolder& source, std::size_t position,
                                  const journal::MailboxRow& mailbox) {
  MBOXFERRY_ASSIGN(ReadyMailbox ready, prepare_mailbox(*target_, *directory_, mailbox, *journal_));
  limits_[mailbox.id] = ready.flags;
  if (ready.validity_changed)
    tracker_.notice("mailbox " + mailbox.name +
                    " has a new UIDVALIDITY; looking for every message in it");
  tracker_.enter(Progress::Phase::reconciling, mailbox.name);
  MBOXFERRY_TRY(reconcile_mailbox(ready));
  MBOXFERRY_TRY(skip_what_is_there(ready));
  tracker_.enter(Progress::Phase::sending, mailbox.name);
  Sender sender(settings_, *target_, *journal_, *gate_, tracker_, memory_, *environment_.clock,
                interrupt_);
  return sender.send(source, position, std::move(ready));
}

Result<void> JobRunner::reconcile_mailbox(const ReadyMailbox& ready) {
  MBOXFERRY_ASSIGN(
      const Reconciled reconciled,
      reconcile(ready.row, *target_, *journal_, *environment_.clock, memory_.slowest_confirm,
                masked_digest_of(sources_, settings_), interrupt_));
  if (reconciled.found + reconciled.planned_again == 0) return ok();
  tracker_.notice(fmt::format("{}: {} messages in doubt were there, {} will be sent again",
                              ready.row.name, reconciled.found, reconciled.planned_again));
  memory_.progress = memory_.progress || reconciled.found > 0;
  MBOXFERRY_ASSIGN(const journal::MailboxCounts counts, journal_->counts(0));
  tracker_.update([&](Progress& progress) { progress.stored = counts.stored; });
  return ok();
}

Result<void> JobRunner::skip_what_is_there(const ReadyMailbox& ready) {
  if (!settings_.skip_existing || looked_through_.contains(ready.row.id)) return ok();
  MBOXFERRY_ASSIGN(const std::uint64_t found,
                   skip_existing(ready.row, *target_, *journal_,
                                 masked_digest_of(sources_, settings_), interrupt_));
  looked_through_.insert(ready.row.id);
  if (found == 0) return ok();
  tracker_.notice(
      fmt::format("{}: {} messages were there before and are skipped", ready.row.name, found));
  MBOXFERRY_ASSIGN(const journal::MailboxCounts counts, journal_->counts(0));
  tracker_.update([&](Progress& progress) { progress.total = meant(counts); });
  return ok();
}

/// What plans predict, as it came out; nothing is planned or in doubt any more.
Result<void> JobRunner::note_tallies() {
  for (const auto& [mailbox, limits] : limits_) {
    MBOXFERRY_ASSIGN(const Tally sums,
                     tally(*journal_, mailbox, {journal::State::stored, journal::State::refused},
                           limits, std::nullopt));
    MBOXFERRY_TRY(
        journal_->set_note(journal::lost_flags_note(mailbox), std::to_string(sums.lost_flags)));
    MBOXFERRY_TRY(journal_->set_note(journal::date_corrections_note(mailbox),
                                     std::to_string(sums.date_corrections)));
  }
  return ok();
}

Result<Verdict> JobRunner::verify() {
  tracker_.enter(Progress::Phase::verifying);
  const auto show = [this](const Difference& difference) {
    if (difference.what != "unexpected")
      tracker_.notice(
          fmt::format("{}: the message at byte {} of {} is {} on the server", difference.mailbox,
                      difference.offset, difference.folder,
                      difference.what == "missing" ? "missing" : "different: " + difference.what));
  };
  MBOXFERRY_ASSIGN(const VerifyResult result,
                   verify_job(*journal_, *target_, false, show, interrupt_));
  MBOXFERRY_TRY(journal_->set_note(
      "verified", fmt::format("checked={} missing={} different={} unexpected={}", result.checked,
                              result.missing, result.different, result.unexpected)));
  MBOXFERRY_ASSIGN(const journal::MailboxCounts counts, journal_->counts(0));
  if (!result.good())
    return Error{ErrorCode::refused,
                 fmt::format("{}: {} messages are missing on the server and {} are different",
                             settings_.account.label(), result.missing, result.different),
                 "run mboxferry verify on the journal for the list"};
  return counts.refused.messages > 0 ? Verdict::refused : Verdict::complete;
}

/// Verifies a finished transfer, and whatever happened, leaves quarantine and verdict in order.
Result<Verdict> JobRunner::conclude(const Result<void>& transferred) {
  index_pass_.reset();
  Result<Verdict> verdict = Verdict::failed;
  if (transferred) {
    MBOXFERRY_TRY(note_tallies());
    verdict = verify();
  } else {
    verdict = Error(transferred.error());
  }
  if (target_ && verdict) target_->log_out();
  MBOXFERRY_TRY(write_quarantine(sources_, settings_, *journal_));
  const bool stopped = !verdict && verdict.error().code == ErrorCode::interrupted;
  const Verdict noted = verdict ? *verdict : stopped ? Verdict::interrupted : Verdict::failed;
  MBOXFERRY_TRY(journal_->set_note("verdict", std::string(verdict_name(noted))));
  MBOXFERRY_TRY(journal_->set_note("reason", verdict ? "" : verdict.error().what));
  MBOXFERRY_TRY(journal_->set_note("finished", to_rfc3339({std::time(nullptr), 0})));
  tracker_.enter(Progress::Phase::done);
  return verdict;
}

Result<Verdict> JobRunner::run() {
  MBOXFERRY_TRY(open());
  return conclude(transfer_all());
}

}  // namespace

Environment real_environment(const JobSettings& settings) {
  return {[&settings, knowledge = std::make_shared<imap::ServerKnowledge>()] {
            return imap::connect(settings.account, settings.connection, settings.append_mode,
                                 knowledge);
          },
          &system_clock()};
}

JobResult run_job(const JobSettings& settings, const Environment& environment, Observer& observer,
                  const Cancellation& interrupt) {
  const auto start = std::chrono::steady_clock::now();
  JobRunner runner(settings, environment, observer, interrupt);
  const Result<Verdict> verdict = runner.run();
  JobResult result;
  if (verdict) {
    result.verdict = *verdict;
  } else {
    result.error = verdict.error();
    if (verdict.error().code == ErrorCode::interrupted) result.verdict = Verdict::interrupted;
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  result.stored_now = runner.stored_now();
  return result;
}

}  // namespace mboxferry::transfer
