// SPDX-License-Identifier: Apache-2.0
// The end of a run: the comparison, the verdict, what the journal notes of them.
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "mboxferry/transfer/verify.h"
#include "transfer/check/final_check.h"
#include "transfer/check/last_doubts.h"
#include "transfer/check/quarantine.h"
#include "transfer/check/verify_existing.h"
#include "transfer/mailbox/quiet_mailbox.h"
#include "transfer/mailbox/tally.h"
#include "transfer/run/job_runner.h"
#include "transfer/run/written_archive.h"
#include "transfer/source/folder_readers.h"

namespace mboxferry::transfer {

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
  if (!target_) {
    MBOXFERRY_ASSIGN(target_, connect());
  }
  MBOXFERRY_ASSIGN(const std::uint64_t in_doubt,
                   settle_last_doubts(sources_, settings_, *journal_, *target_, *environment_.clock,
                                      tracker_, interrupt_));
  MBOXFERRY_ASSIGN(const VerifyResult result,
                   check_what_is_stored(*journal_, *target_,
                                        {.strict = settings_.strict,
                                         .existing = settings_.strict || !is_new_,
                                         .clock = environment_.clock,
                                         .envelope = envelope_of(sources_, settings_)},
                                        tracker_, interrupt_));
  verified_ =
      fmt::format("checked={} missing={} different={} unexpected={} gone_since={}", result.checked,
                  result.missing, result.different, result.unexpected, result.gone_since);
  MBOXFERRY_ASSIGN(const journal::MailboxCounts counts, journal_->counts(0));
  if (counts.planned.messages + counts.intended.messages > in_doubt)
    return Error{ErrorCode::internal, "messages were left unsent", "run the same command again"};
  // Not all is there then, whatever is different.
  if (in_doubt > 0 && result.missing == 0)
    return left_in_doubt(settings_.account.label(), in_doubt);
  if (!result.good())
    return Error{ErrorCode::refused,
                 result.missing > 0
                     ? fmt::format("{}: {} messages are missing on the server and {} are different",
                                   settings_.account.label(), result.missing, result.different)
                     : fmt::format("{}: all messages are on the server, but {} are different there",
                                   settings_.account.label(), result.different),
                 fmt::format("run mboxferry verify{} {} for the list",
                             settings_.strict ? " --strict" : "", settings_.journal_path)};
  // After a complete run that needed nothing more, copies are what the owner made of the mail.
  const bool may_be_ours = !was_complete_ || tracker_.snapshot().stored_now.messages > 0;
  // With --strict they are as for verify.
  const std::uint64_t twice = settings_.strict ? result.twice
                              : may_be_ours    ? result.twice_by_us
                                               : 0;
  if (twice > 0)
    return Error{
        ErrorCode::refused,
        fmt::format("{}: {} message{} on the server twice", settings_.account.label(), twice,
                    twice == 1 ? " is" : "s are"),
        "run mboxferry verify on the journal for the list; with --remove-copies it removes "
        "those that this job sent twice"};
  if (result.existing_unchecked > 0)
    return existing_not_compared(settings_.account.label(), result.existing_unchecked);
  MBOXFERRY_ASSIGN(const journal::Count unread, journal_->unread());
  tracker_.update([&](Progress& progress) { progress.unread = unread.messages; });
  MBOXFERRY_ASSIGN(reason_, unread_text(*journal_));
  if (unread.messages > 0 && !settings_.accept_unread) return Verdict::incomplete;
  MBOXFERRY_ASSIGN(std::string growing, text_about_growth(sources_));
  if (!growing.empty()) {
    reason_ = std::move(growing);
    tracker_.notice(reason_);
    return Verdict::incomplete;
  }
  return counts.refused.messages > 0 ? Verdict::refused : Verdict::complete;
}

Result<void> JobRunner::note_end(bool transferred, const Result<Verdict>& verdict) {
  return journal_->together([&]() -> Result<void> {
    if (transferred) MBOXFERRY_TRY(note_tallies());
    if (verdict) MBOXFERRY_TRY(note_quiet_mailboxes(*journal_));
    if (verified_) MBOXFERRY_TRY(journal_->set_note("verified", *verified_));
    MBOXFERRY_TRY(journal_->set_note(kSentTodayNote, budget_.note()));
    MBOXFERRY_TRY(journal_->set_note(
        "verdict", std::string(verdict ? verdict_name(*verdict) : verdict_name(verdict.error()))));
    MBOXFERRY_TRY(journal_->set_note("reason", verdict ? reason_ : verdict.error().what));
    return journal_->set_note("finished", to_rfc3339({std::time(nullptr), 0}));
  });
}

/// Verifies a finished transfer, and whatever happened, leaves quarantine and verdict in order.
/// What cannot be written changes nothing about how the transfer ended.
Result<Verdict> JobRunner::conclude(const Result<void>& transferred) {
  pass_on_notices();
  index_pass_.reset();
  Result<Verdict> verdict = Verdict::failed;
  if (transferred) {
    verdict = with_second_chances([this] { return verify(); });
  } else {
    verdict = Error(transferred.error());
  }
  if (target_ && verdict) target_->log_out();
  pass_on_notices();
  for (const Result<void>& written : {write_quarantine(sources_, settings_, *journal_),
                                      note_end(transferred.has_value(), verdict)}) {
    if (!written && (verdict || verdict.error().what != written.error().what))
      unwritten_.push_back(written.error());
  }
  tracker_.enter(Progress::Phase::done);
  return verdict;
}

}  // namespace mboxferry::transfer
