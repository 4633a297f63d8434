// SPDX-License-Identifier: Apache-2.0
// Runs one job: sources, journal, sessions until everything is done, verification, quarantine.
#include "mboxferry/transfer/job.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>

#include "transfer/index_pass.h"
#include "transfer/mailboxes.h"
#include "transfer/quarantine.h"
#include "transfer/reconcile.h"
#include "transfer/sender.h"
#include "transfer/source_folders.h"
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
  return fmt::format(
      "mailbox={}\ndialect={}\ninternaldate={}\ndefault-flags={}\ninclude-expunged={:d}\n"
      "keep-deleted={:d}\nstrip-status-headers={:d}\n",
      settings.mailbox.value_or(""), mbox::dialect_name(settings.index.dialect), order,
      settings.index.default_flags, settings.index.include_expunged,
      settings.index.keep_deleted_flag, settings.index.strip_status_headers);
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
  Result<void> send_folder(SourceFolder& source, std::size_t position);
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
  MBOXFERRY_TRY(match_with_journal(sources_, *journal_, tracker_));
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
    for (const journal::Count* count :
         {&counts.planned, &counts.intended, &counts.stored, &counts.refused}) {
      progress.total.messages += count->messages;
      progress.total.bytes += count->bytes;
    }
    progress.stored = counts.stored;
    progress.refused = counts.refused.messages;
    for (const SourceFolder& source : sources_) {
      progress.archive_bytes += source.place.bytes_on_disk;
      if (source.row.index_done) progress.read_bytes += source.place.bytes_on_disk;
    }
  });
  gate_.emplace(kIndexLead, counts.planned.bytes + counts.intended.bytes);
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
  MBOXFERRY_TRY(assign_mailboxes(sources_, *directory_, settings_, *journal_));
  if (!index_pass_) index_pass_.emplace(sources_, settings_, *journal_, *gate_, tracker_);
  // A folder that is done stays done: a lost connection leaves nothing in doubt but the current
  // one.
  for (; next_folder_ < sources_.size(); ++next_folder_)
    MBOXFERRY_TRY(send_folder(sources_[next_folder_], next_folder_));
  return ok();
}

Result<void> JobRunner::send_folder(SourceFolder& source, std::size_t position) {
  MBOXFERRY_ASSIGN(const auto rows, journal_->mailboxes());
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const journal::MailboxRow& known) {
    return known.id == source.row.mailbox;
  });
  if (row == rows.end())
    return Error{ErrorCode::internal, "the folder " + source.row.path + " has no mailbox", ""};
  MBOXFERRY_ASSIGN(ReadyMailbox ready, prepare_mailbox(*target_, *directory_, *row, *journal_));
  if (ready.validity_changed)
    tracker_.notice("mailbox " + row->name +
                    " has a new UIDVALIDITY; looking for every message in it");
  tracker_.enter(Progress::Phase::reconciling, row->name);
  MBOXFERRY_ASSIGN(const Reconciled reconciled,
                   reconcile(ready.row, *target_, *journal_, *environment_.clock,
                             memory_.slowest_confirm, interrupt_));
  if (reconciled.found + reconciled.planned_again > 0) {
    tracker_.notice(fmt::format("{}: {} messages in doubt were there, {} will be sent again",
                                row->name, reconciled.found, reconciled.planned_again));
    memory_.progress = memory_.progress || reconciled.found > 0;
    MBOXFERRY_ASSIGN(const journal::MailboxCounts counts, journal_->counts(0));
    tracker_.update([&](Progress& progress) { progress.stored = counts.stored; });
  }
  tracker_.enter(Progress::Phase::sending, row->name);
  Sender sender(settings_, *target_, *journal_, *gate_, tracker_, memory_, *environment_.clock,
                interrupt_);
  return sender.send(source, position, std::move(ready));
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
  if (transferred)
    verdict = verify();
  else
    verdict = Error(transferred.error());
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
  return {[&settings] {
            return imap::connect(settings.account, settings.connection, settings.append_mode);
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
