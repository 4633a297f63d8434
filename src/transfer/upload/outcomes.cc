// SPDX-License-Identifier: Apache-2.0
// What an answer of the server means for the messages of a batch.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include "mboxferry/base/crash_point.h"
#include "mboxferry/transfer/progress.h"
#include "transfer/upload/sender.h"

namespace mboxferry::transfer {
namespace {

constexpr int kMostRefusalsTold = 20;

/// Ends the session; the next one reconciles what is in doubt.
Error start_over(ErrorCode code, std::string what, Retry retry = {Retry::When::now, {}}) {
  return {code, std::move(what), "", ErrorScope::session, retry};
}

std::string listed_code(const imap::AppendOutcome& outcome) {
  return outcome.name.empty() ? std::string(imap::response_code_name(outcome.code)) : outcome.name;
}

Complaint complaint_of(const imap::AppendOutcome& outcome) {
  const bool bad =
      outcome.kind == imap::AppendOutcome::Kind::bad || outcome.code == imap::ResponseCode::bad;
  // TRYCREATE asks for a mailbox, which is there by then, and not for time.
  const bool patience =
      outcome.retry.when != Retry::When::never && outcome.code != imap::ResponseCode::try_create;
  return {listed_code(outcome), outcome.text, outcome.fault, patience, bad, false,
          outcome.retry.after};
}

/// Then the same holds for every other message with one.
bool is_about_nul(const Complaint& complaint) {
  const std::string words = lasting_words(complaint.text);
  return complaint.fault == imap::Fault::message &&
         (words.find("nul ") != std::string::npos || words.find("null ") != std::string::npos);
}

Error mailbox_has_gone(const std::string& label, const std::string& mailbox) {
  return start_over(
      ErrorCode::unavailable,
      fmt::format("{}: mailbox {} has gone; it will be created again", label, mailbox));
}

std::string kind_of_refusal(const imap::AppendOutcome& outcome) {
  return fmt::format("{} {}", imap::response_code_name(outcome.code), lasting_words(outcome.text));
}

Error is_full(const std::string& label, const std::string& text) {
  return {ErrorCode::try_later, label + " takes no more mail now: " + text,
          "raise the quota, then run the same command again"};
}

}  // namespace

Result<void> Sender::apply(const imap::AppendOutcome& outcome) {
  const auto batch = in_flight_.find(outcome.batch);
  const bool known = batch != in_flight_.end() &&
                     outcome.first + outcome.count <= batch->second.rows->size() &&
                     outcome.count <= batch->second.unanswered;
  if (!known)
    return start_over(ErrorCode::protocol,
                      target_.label() + " answered a command that was not sent");
  const auto rows = std::span(*batch->second.rows).subspan(outcome.first, outcome.count);
  if (outcome.kind == imap::AppendOutcome::Kind::bad)
    return apply_bad(outcome, batch->second, rows);
  if (outcome.kind == imap::AppendOutcome::Kind::stored) {
    MBOXFERRY_TRY(apply_stored(outcome, rows));
    return answered(batch, outcome.count);
  }
  Rows refused(rows.begin(), rows.end());
  const Batch of = batch->second;
  MBOXFERRY_TRY(answered(batch, outcome.count));
  return apply_refused(outcome, of, std::move(refused));
}

/// Counts messages of a batch as answered; a whole one shows how fast the server is.
Result<void> Sender::answered(Batches::iterator batch, std::size_t count) {
  const auto now = context_.clock.now();
  Batch& sent = batch->second;
  sent.unanswered -= count;
  const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(now - sent.begun);
  if (sent.unanswered == 0) {
    desk_.order.done(sent.ticket);
    pace_.answered(sent.rows->size(), sent.bytes, sent.begun, sent.ended, now);
    in_flight_.erase(batch);
  }
  return context_.record.note_confirm(waited, context_.journal);
}

Result<void> Sender::apply_stored(const imap::AppendOutcome& outcome,
                                  std::span<const journal::MessageRow> rows) {
  const bool has_uids = outcome.uids.size() == rows.size();
  const std::uint32_t expected = mailbox_.row.uid_validity;
  if (has_uids && outcome.uid_validity != expected && !context_.record.disbelieves_uids) {
    // The mailbox was made anew, or APPENDUID says what SELECT does not.
    if (!desk_.uids.is_said_again(expected, outcome.uid_validity))
      return start_over(
          ErrorCode::protocol,
          fmt::format("{}: mailbox {} changed its UIDVALIDITY from {} to {}", target_.label(),
                      mailbox_.row.name, expected, outcome.uid_validity));
    MBOXFERRY_TRY(disbelieve_uids_because(fmt::format(
        "{} names another UIDVALIDITY for what it stores than for the mailbox", target_.label())));
  }
  bool named = has_uids && !context_.record.disbelieves_uids;
  for (std::size_t i = 0; named && i < rows.size(); ++i) {
    if (desk_.uids.note(outcome.uids[i], rows[i])) continue;
    named = false;
    MBOXFERRY_TRY(disbelieve_uid(outcome.uids[i]));
  }
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    pending_.stored.push_back({rows[i].id, named ? outcome.uids[i] : 0});
    bytes += rows[i].wire_size;
  }
  note_passed(rows);
  if (named && !rows.empty())
    desk_.raise_floor(*std::max_element(outcome.uids.begin(), outcome.uids.end()) + 1);
  stored_some_ = true;
  context_.record.stored(rows.size());
  context_.record.decided();
  context_.gate.sent(bytes);
  stored_({rows.size(), bytes});
  context_.tracker.update([&](Progress& progress) {
    for (journal::Count* count : {&progress.stored, &progress.stored_now}) {
      count->messages += rows.size();
      count->bytes += bytes;
    }
  });
  return context_.record.note_pace(context_.tracker.snapshot().stored, false, context_.clock,
                                   context_.journal);
}

/// It was given to different messages, and either of them may have another.
Result<void> Sender::disbelieve_uid(imap::Uid uid) {
  return disbelieve_uids_because(
      fmt::format("{} gave UID {} to different messages", target_.label(), uid));
}

Result<void> Sender::disbelieve_uids_because(const std::string& why) {
  context_.record.disbelieves_uids = true;
  MBOXFERRY_ASSIGN(const bool first, disbelieve_uids(context_.journal));
  if (first)
    context_.tracker.notice(why +
                            "; its UIDs are not believed, and messages are found by their content");
  return ok();
}

/// Of a message that was stored.
void Sender::note_keywords(const journal::MessageRow& row) {
  if (row.keywords.empty()) return;
  KeywordMemory& memory = context_.record.keywords;
  if (without_keywords_.erase(row.id) == 0) return memory.taken(keywords_of(row));
  pending_.keywords_lost.push_back(row.id);
  const Blame::Tried tried = desk_.blame.tried(row.id);
  if (tried.busy || tried.closed || tried.times == 0) return;
  if (tried.bad)
    memory.refused(keywords_of(row));
  else
    memory.refused_or_by_chance(keywords_of(row));
}

Blame::Moment Sender::moment_of(const Batch& batch, const Complaint& complaint) const {
  const std::string words = lasting_words(complaint.text);
  return {batch.begun,
          context_.clock.now(),
          context_.record.stored(),
          context_.record.is_impatient(),
          is_all_tried(),
          context_.record.suspects.refused_with(words),
          context_.record.suspects.were_taken(words)};
}

/// All that this stream has still to send has failed before.
bool Sender::is_all_tried() const {
  if (in_flight_.size() > 1) return false;
  const auto fresh = stream_.has_fresh();
  if (!fresh || *fresh) return false;
  return std::all_of(again_.begin(), again_.end(), [this](const Rows& rows) {
    return std::all_of(rows.begin(), rows.end(), [this](const journal::MessageRow& row) {
      return desk_.blame.tried(row.id).times > 0;
    });
  });
}

/// A message failed alone. What is noted of it outlives the run; a journal that cannot be written
/// is found by the next step.
Blame::Next Sender::judge(const journal::MessageRow& row, const Complaint& complaint,
                          const Blame::Moment& moment) {
  const Blame::Next next = desk_.blame.failed(row.id, complaint, moment);
  const auto evidence = desk_.blame.evidence(row.id);
  if (!evidence) return next;
  SuspectMemory& suspects = context_.record.suspects;
  if (next == Blame::Next::refuse && evidence->others_passed)
    static_cast<void>(suspects.refused(evidence->words, context_.journal));
  static_cast<void>(suspects.note(mailbox_.row.id, row.id, *evidence, context_.journal));
  return next;
}

/// These messages were stored, which says something of others that were refused.
void Sender::note_passed(std::span<const journal::MessageRow> rows) {
  SuspectMemory& suspects = context_.record.suspects;
  for (const journal::MessageRow& row : rows) {
    const Blame::Tried tried = desk_.blame.tried(row.id);
    const bool without_keywords = without_keywords_.contains(row.id);
    note_keywords(row);
    desk_.blame.stored(row.id);
    if (tried.times == 0) continue;
    // Without its keywords it is another message.
    if (!without_keywords) static_cast<void>(suspects.taken(tried.words, context_.journal));
    static_cast<void>(suspects.forget(row.id, context_.journal));
  }
  for (const journal::MessageId id : desk_.blame.newly_passed()) {
    if (const auto evidence = desk_.blame.evidence(id))
      static_cast<void>(suspects.note(mailbox_.row.id, id, *evidence, context_.journal));
  }
}

/// A refused command stored nothing of its messages (RFC 3502: MULTIAPPEND is atomic), on a server
/// that means its NO.
Result<void> Sender::apply_refused(const imap::AppendOutcome& outcome, const Batch& batch,
                                   Rows rows) {
  using imap::ResponseCode;
  if (!context_.record.refusals.believes(kind_of_refusal(outcome)))
    return apply_doubted_refusal(outcome, batch, rows);
  if (outcome.code == ResponseCode::try_create &&
      desk_.blame.note_gone(rows.front().id, rows.back().id)) {
    plan_again(std::move(rows));
    return mailbox_has_gone(target_.label(), mailbox_.row.name);
  }
  if (outcome.code == ResponseCode::over_quota && rows.size() == 1) {
    plan_again(std::move(rows));
    if (!ending_) ending_ = is_full(target_.label(), outcome.text);
    return ok();
  }
  pace_.trouble();
  const Complaint complaint = complaint_of(outcome);
  const Blame::Moment moment = moment_of(batch, complaint);
  if (rows.size() == 1) return apply_lone_refusal(complaint, moment, std::move(rows));
  if (abandoning_) {
    desk_.care.go_carefully(rows.front().id, rows.back().id);
    plan_again(std::move(rows));
    return ok();
  }
  if (desk_.blame.failed_together(complaint, moment) == Blame::Next::give_up) give_up(complaint);
  tell_of_wait(complaint);
  // One of them may be the culprit: halve until it stands alone.
  const auto middle = rows.begin() + static_cast<std::ptrdiff_t>(rows.size() / 2);
  Rows second_half(std::make_move_iterator(middle), std::make_move_iterator(rows.end()));
  rows.erase(middle, rows.end());
  plan_again(std::move(second_half));
  plan_again(std::move(rows));
  return ok();
}

/// The messages stay in doubt until the server was asked, for which this connection leaves the
/// mailbox. What the refusal says of them is carried out if it has not stored them.
Result<void> Sender::apply_doubted_refusal(const imap::AppendOutcome& outcome, const Batch& batch,
                                           const Rows& rows) {
  using imap::ResponseCode;
  const auto ids = std::pair(rows.front().id, rows.back().id);
  desk_.refused.add(rows, kind_of_refusal(outcome), outcome.text);
  has_doubts_ = true;
  if (outcome.code == ResponseCode::try_create && desk_.blame.note_gone(ids.first, ids.second))
    return mailbox_has_gone(target_.label(), mailbox_.row.name);
  if (outcome.code == ResponseCode::over_quota && rows.size() == 1) {
    if (!ending_) ending_ = is_full(target_.label(), outcome.text);
    return ok();
  }
  pace_.trouble();
  const Complaint complaint = complaint_of(outcome);
  const Blame::Moment moment = moment_of(batch, complaint);
  if (rows.size() == 1) {
    blame_alone(rows.front(), complaint, moment);
    context_.record.decided();
  } else if (abandoning_) {
    desk_.care.go_carefully(ids.first, ids.second);
  } else if (desk_.blame.failed_together(complaint, moment) == Blame::Next::give_up) {
    give_up(complaint);
  }
  tell_of_wait(complaint);
  return ok();
}

Result<void> Sender::apply_lone_refusal(const Complaint& complaint, const Blame::Moment& moment,
                                        Rows rows) {
  const journal::MessageRow& row = rows.front();
  context_.record.decided();
  switch (judge(row, complaint, moment)) {
    case Blame::Next::refuse:
      if (is_about_nul(complaint)) context_.record.nul_refused(complaint.code, complaint.text);
      refuse(row, complaint.code, complaint.text);
      return ok();
    case Blame::Next::aside:
      tell_of_wait(complaint);
      put_aside(row);
      return ok();
    case Blame::Next::give_up:
      give_up(complaint);
      break;
    case Blame::Next::again:
      tell_of_wait(complaint);
      break;
  }
  plan_again(std::move(rows));
  return ok();
}

/// Once for each wait, however many answers ask for it.
void Sender::tell_of_wait(const Complaint& complaint) {
  const auto hold = desk_.blame.hold();
  const auto now = context_.clock.now();
  if (hold <= now || hold == told_hold_) return;
  told_hold_ = hold;
  plea_ = complaint.text;
  context_.tracker.notice(fmt::format("{} {} ({}); going on in {:.1f} s", target_.label(),
                                      complaint.patience ? "asks for patience" : "takes no mail",
                                      complaint.text,
                                      std::chrono::duration<double>(hold - now).count()));
}

/// Nothing goes through: what is in flight is finished, and the mailbox is left for later.
void Sender::give_up(const Complaint& complaint) {
  if (ending_) return;
  context_.record.gave_up();
  ending_ =
      Error{ErrorCode::try_later,
            fmt::format("{} takes no mail into {} now: {}", target_.label(), mailbox_.row.name,
                        complaint.text),
            "run the same command again later; it resumes where it stopped", ErrorScope::mailbox};
}

/// The connection ends after a BAD, and the messages are in doubt until the server was asked: what
/// is decided here is carried out after that.
Result<void> Sender::apply_bad(const imap::AppendOutcome& outcome, const Batch& batch,
                               std::span<const journal::MessageRow> rows) {
  const Complaint complaint = complaint_of(outcome);
  const journal::MessageRow& first = rows.front();
  if (outcome.code == imap::ResponseCode::over_quota) return is_full(target_.label(), outcome.text);
  // A server that takes the message's own lines for commands says BAD to each of them, too.
  const bool first_bad = !std::exchange(got_bad_, true);
  const bool alone = first_bad && rows.size() == 1 && in_flight_.size() == 1;
  if (alone && (complaint.fault == imap::Fault::message || desk_.care.is_careful(first.id) ||
                desk_.blame.due(first.id))) {
    blame_alone(first, complaint, moment_of(batch, complaint));
    tell_of_wait(complaint);
    context_.record.decided();
  } else if (first_bad && (!complaint.patience || !stored_some_)) {
    if (!desk_.care.is_careful(first.id)) context_.record.decided();
    desk_.care.go_carefully(first.id, rows.back().id);
  }
  if (ending_) return *ending_;
  return start_over(complaint.patience ? ErrorCode::try_later : ErrorCode::protocol,
                    fmt::format("{} answered BAD to an APPEND ({}); the connection was closed",
                                target_.label(), outcome.text),
                    complaint.patience ? outcome.retry : Retry{Retry::When::now, {}});
}

void Sender::blame_alone(const journal::MessageRow& row, const Complaint& complaint,
                         const Blame::Moment& moment) {
  const Blame::Next next = judge(row, complaint, moment);
  if (next == Blame::Next::refuse) {
    if (is_about_nul(complaint)) context_.record.nul_refused(complaint.code, complaint.text);
    desk_.blame.set_verdict(row.id, complaint);
  }
  if (next == Blame::Next::give_up) give_up(complaint);
}

/// A connection that ends whenever one message comes: the first time it is the network's fault, and
/// when nothing was stored before it ended, those that were on their way go alone next time.
void Sender::blame_for_the_end(const Error& error) {
  const bool ended = error.scope == ErrorScope::session && error.code == ErrorCode::unavailable &&
                     error.retry.when == Retry::When::now;
  if (!ended || got_bad_ || in_flight_.empty() || context_.interrupt.requested()) return;
  const Batch& first = in_flight_.begin()->second;
  const journal::MessageRow& row = first.rows->front();
  const bool alone = in_flight_.size() == 1 && first.rows->size() == 1 && first.unanswered == 1;
  if (alone && (desk_.care.is_careful(row.id) || desk_.blame.due(row.id))) {
    const Complaint complaint{"CLOSED", error.what, imap::Fault::unknown, false, false, true, {}};
    blame_alone(row, complaint, moment_of(first, complaint));
    context_.record.decided();
  } else if (!stored_some_) {
    desk_.care.go_carefully(row.id, first.rows->back().id);
  }
}

/// In the order of the archive.
void Sender::plan_again(Rows rows) {
  for (const journal::MessageRow& row : rows) pending_.planned_again.push_back(row.id);
  const auto place = std::find_if(again_.begin(), again_.end(), [&](const Rows& other) {
    return other.front().id > rows.front().id;
  });
  again_.insert(place, std::move(rows));
}

void Sender::put_aside(const journal::MessageRow& row) {
  pending_.planned_again.push_back(row.id);
  aside_.push_back(row);
}

void Sender::tell_refused(const journal::MessageRow& row, const std::string& code,
                          const std::string& text) {
  if (++refusals_told_ > kMostRefusalsTold) return;
  context_.tracker.notice(fmt::format("refused: {}, message at byte {}: {}{}{}",
                                      stream_.source().row.path, row.offset, code,
                                      code.empty() ? "" : ": ", text));
  if (refusals_told_ == kMostRefusalsTold)
    context_.tracker.notice("more refused messages of this folder are in the report only");
}

void Sender::refuse(const journal::MessageRow& row, std::string code, std::string text) {
  tell_refused(row, code, text);
  pending_.refused.push_back({row.id, std::move(code), std::move(text)});
  desk_.blame.forget(row.id);
  static_cast<void>(context_.record.suspects.forget(row.id, context_.journal));
  context_.record.decided();
  context_.gate.sent(row.wire_size);
  context_.tracker.update([](Progress& progress) { ++progress.refused; });
}

}  // namespace mboxferry::transfer
