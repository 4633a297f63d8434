// SPDX-License-Identifier: Apache-2.0
// What an answer of the server means for the messages of a batch.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>

#include "mboxferry/base/crash_point.h"
#include "transfer/sender.h"
#include "transfer/waiting.h"

namespace mboxferry::transfer {
namespace {

constexpr int kMostPatience = 6;
constexpr int kMostBadInARow = 100;
constexpr int kMostRefusalsTold = 20;

/// Ends the session; the next one reconciles what is in doubt.
Error start_over(ErrorCode code, std::string what) {
  return {code, std::move(what), "", ErrorScope::session, {Retry::When::now, {}}};
}

Error too_many_bad(const std::string& label, const std::string& text) {
  return {ErrorCode::protocol,
          fmt::format("{} answered BAD to {} messages in a row ({})", label, kMostBadInARow, text),
          "nothing more is sent; the job can be resumed when the server is in order"};
}

Error asks_for_patience(const std::string& label, const imap::AppendOutcome& outcome) {
  const bool full = outcome.code == imap::ResponseCode::over_quota;
  return {ErrorCode::try_later, label + " takes no more mail now: " + outcome.text,
          full ? "raise the quota, then run the same command again"
               : "run the same command again later; it goes on where it stopped"};
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
  if (outcome.kind == imap::AppendOutcome::Kind::bad) {
    apply_bad(outcome, rows);
    if (desk_.care.given_up_in_a_row() >= kMostBadInARow)
      return too_many_bad(target_.label(), outcome.text);
    return start_over(ErrorCode::protocol,
                      fmt::format("{} answered BAD to an APPEND ({}); the connection was closed",
                                  target_.label(), outcome.text));
  }
  if (outcome.kind == imap::AppendOutcome::Kind::stored) {
    MBOXFERRY_TRY(apply_stored(outcome, rows));
    return answered(batch, outcome.count);
  }
  Rows refused(rows.begin(), rows.end());
  MBOXFERRY_TRY(answered(batch, outcome.count));
  return apply_refused(outcome, std::move(refused));
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
  const bool named = outcome.uids.size() == rows.size();
  const std::uint32_t expected = mailbox_.row.uid_validity;
  if (named && outcome.uid_validity != expected)
    return start_over(
        ErrorCode::protocol,
        fmt::format("{}: mailbox {} changed its UIDVALIDITY from {} to {}", target_.label(),
                    mailbox_.row.name, expected, outcome.uid_validity));
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    pending_.stored.push_back({rows[i].id, named ? outcome.uids[i] : 0});
    if (goes_without_keywords(rows[i])) {
      pending_.keywords_lost.push_back(rows[i].id);
      desk_.care.forget(rows[i].id);
    }
    bytes += rows[i].wire_size;
  }
  if (named && !rows.empty())
    desk_.raise_floor(*std::max_element(outcome.uids.begin(), outcome.uids.end()) + 1);
  backoff_.reset();
  desk_.care.something_was_stored();
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

/// A refused command stored nothing of its messages (RFC 3502: MULTIAPPEND is atomic).
Result<void> Sender::apply_refused(const imap::AppendOutcome& outcome, Rows rows) {
  using imap::ResponseCode;
  if (outcome.code == ResponseCode::try_create) {
    plan_again(std::move(rows));
    return start_over(ErrorCode::unavailable,
                      fmt::format("{}: mailbox {} has gone; it will be created again",
                                  target_.label(), mailbox_.row.name));
  }
  if (outcome.retry.when != Retry::When::never || outcome.code == ResponseCode::over_quota) {
    plan_again(std::move(rows));
    return apply_patience(outcome);
  }
  pace_.trouble();
  if (rows.size() == 1) {
    if (try_without_keywords(outcome, rows)) return ok();
    refuse(rows.front(), std::string(imap::response_code_name(outcome.code)), outcome.text);
    return ok();
  }
  if (abandoning_) {
    desk_.care.go_carefully(rows.front().id, rows.back().id);
    plan_again(std::move(rows));
    return ok();
  }
  // One of them is the culprit: halve until it stands alone.
  const auto middle = rows.begin() + static_cast<std::ptrdiff_t>(rows.size() / 2);
  Rows second_half(std::make_move_iterator(middle), std::make_move_iterator(rows.end()));
  rows.erase(middle, rows.end());
  plan_again(std::move(second_half));
  plan_again(std::move(rows));
  return ok();
}

/// A server may know only so many keywords in a mailbox: the message matters more. True when it is
/// tried once more.
bool Sender::try_without_keywords(const imap::AppendOutcome& outcome, Rows& rows) {
  const journal::MessageRow& row = rows.front();
  const bool tried = desk_.care.tried(row.id).times > 0;
  const bool had_any = !plan::keep_flags(0, row.keywords, mailbox_.flags).keywords.empty();
  if (tried || !had_any || abandoning_ || outcome.code == imap::ResponseCode::too_big) return false;
  desk_.care.set_tried(row.id, {1, outcome.text});
  plan_again(std::move(rows));
  return true;
}

Result<void> Sender::apply_patience(const imap::AppendOutcome& outcome) {
  const bool full = outcome.code == imap::ResponseCode::over_quota;
  if (abandoning_) return ok();
  if (full || backoff_.tries() >= kMostPatience) return asks_for_patience(target_.label(), outcome);
  const std::chrono::milliseconds wait = backoff_.next(outcome.retry.after);
  context_.tracker.notice(fmt::format("{} asks for patience ({}); going on in {:.1f} s",
                                      target_.label(), outcome.text,
                                      static_cast<double>(wait.count()) / 1000));
  wait_unless(context_.interrupt, context_.clock, wait, context_.tracker,
              "the server asks for patience (" + outcome.text + ")");
  return ok();
}

void Sender::apply_bad(const imap::AppendOutcome& outcome,
                       std::span<const journal::MessageRow> rows) {
  context_.record.decided();
  const journal::MessageRow& first = rows.front();
  if (rows.size() > 1 || !desk_.care.is_careful(first.id))
    return desk_.care.go_carefully(first.id, rows.back().id);
  const int times = first.keywords.empty() ? 2 : desk_.care.tried(first.id).times + 1;
  desk_.care.set_tried(first.id, {times, outcome.text});
}

void Sender::plan_again(Rows rows) {
  for (const journal::MessageRow& row : rows) pending_.planned_again.push_back(row.id);
  again_.push_front(std::move(rows));
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
  desk_.care.forget(row.id);
  context_.record.decided();
  context_.gate.sent(row.wire_size);
  context_.tracker.update([](Progress& progress) { ++progress.refused; });
}

}  // namespace mboxferry::transfer
