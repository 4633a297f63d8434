// SPDX-License-Identifier: Apache-2.0
// Mailboxes in order before they are sent into.
#include "transfer/upload/mailbox_preparer.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "mboxferry/transfer/progress.h"
#include "transfer/check/presence_check.h"
#include "transfer/check/reconcile.h"
#include "transfer/check/skip_existing.h"
#include "transfer/check/unknown_mail.h"
#include "transfer/mailbox/given_uids.h"
#include "transfer/mailbox/quiet_mailbox.h"
#include "transfer/mailbox/tally.h"
#include "transfer/pace/waiting.h"
#include "transfer/source/folder_readers.h"

namespace mboxferry::transfer {

Result<ReadyMailbox> MailboxPreparer::prepare(imap::Target& target, const MailStream& stream) {
  MBOXFERRY_ASSIGN(const auto row, context_.journal.mailbox(stream.mailbox()));
  if (!row)
    return Error{ErrorCode::internal, "the folder " + stream.source().row.path + " has no mailbox",
                 ""};
  MBOXFERRY_ASSIGN(ReadyMailbox ready, prepare_mailbox(target, directory_, *row, context_.journal));
  if (!ready.renamed.empty())
    context_.tracker.notice(fmt::format("{} goes into mailbox {} ({})", ready.row.renamed_from,
                                        ready.row.name, ready.renamed));
  if (ready.validity_changed)
    context_.tracker.notice("mailbox " + row->name +
                            " has a new UIDVALIDITY; looking for every message in it");
  context_.tracker.enter(Progress::Phase::reconciling, row->name);
  {
    const std::scoped_lock lock(mutex_);
    limits_[row->id] = ready.flags;
    MBOXFERRY_TRY(end_quiet(ready.row, ready.uid_floor, context_.journal));
  }
  if (const auto looked = look_into(target, ready, stream.desk()); !looked)
    return not_shown(looked.error());
  return ready;
}

Result<void> MailboxPreparer::look_into(imap::Target& target, const ReadyMailbox& ready,
                                        Desk& desk) {
  MBOXFERRY_TRY(reconcile_doubts(target, ready, desk));
  MBOXFERRY_TRY(look_for_unknown(target, ready));
  constexpr std::size_t kRecalled = 64;
  MBOXFERRY_ASSIGN(const auto stored, context_.journal.last_stored(ready.row.id, kRecalled));
  desk.uids.recall(stored);
  if (!stored.empty()) desk.blame.took_mail();
  for (const auto& [id, evidence] : context_.record.suspects.of_mailbox(ready.row.id))
    desk.blame.recall(id, evidence);
  return skip_what_is_there(target, ready);
}

Result<void> MailboxPreparer::reconcile_doubts(imap::Target& target, const ReadyMailbox& ready,
                                               Desk& desk) {
  MBOXFERRY_TRY(forget_false_uids(ready.row, context_.journal));
  MBOXFERRY_ASSIGN(const auto in_order, context_.journal.note(in_order_note(ready.row.id)));
  const bool leaves_gone = in_order == "1" && !context_.settings.strict;
  // Before anything is planned again: the note must not speak of what is sent from now on.
  if (in_order && !leaves_gone)
    MBOXFERRY_TRY(context_.journal.set_note(in_order_note(ready.row.id), "0"));
  Settling& settling = settling_of(ready.row.id);
  const std::uint64_t steps = settling.steps;
  const auto done = reconcile(ready.row, target, context_.journal, context_.clock,
                              context_.record.slowest_confirm(),
                              masked_digest_of(context_.sources, context_.settings),
                              {envelope_of(context_.sources, context_.settings),
                               context_.settings.resend_doubtful, false, leaves_gone},
                              settling, journal_turn_, context_.interrupt);
  // A connection that was good for some answers brought the job forward, though it ended then.
  if (!done && settling.steps > steps) context_.record.decided();
  if (!done) return done.error();
  Reconciled reconciled = *done;
  const std::set<imap::Uid> withheld = settling.withheld.uids();
  MBOXFERRY_ASSIGN(const std::uint64_t replaced, context_.journal.leave_out_replaced(ready.row.id));
  reconciled.planned_again -= std::min(reconciled.planned_again, replaced);
  settled(ready.row.id);
  MBOXFERRY_TRY(judge_refusals(target, desk, reconciled.planned_again > 0));
  if (reconciled.held > 0)
    context_.tracker.notice(fmt::format(
        "{}: of {} messages in doubt it cannot be decided yet whether the server has them",
        ready.row.name, reconciled.held));
  if (reconciled.held > 0 && !withheld.empty())
    context_.tracker.notice(fmt::format(
        "{}: the server does not give the content of {} message{} that may be in doubt (UID {}{})",
        ready.row.name, withheld.size(), withheld.size() == 1 ? "" : "s", *withheld.begin(),
        withheld.size() == 1 ? "" : " and others"));
  if (reconciled.gone > 0)
    context_.tracker.notice(
        fmt::format("{}: {} messages that were there are gone since and are not put back",
                    ready.row.name, reconciled.gone));
  if (reconciled.found + reconciled.planned_again == 0) return ok();
  context_.tracker.notice(fmt::format("{}: {} messages in doubt were there, {} will be sent again",
                                      ready.row.name, reconciled.found, reconciled.planned_again));
  if (reconciled.found > 0) {
    context_.record.decided();
    context_.record.stored(reconciled.found);
    desk.blame.others_passed();
  }
  MBOXFERRY_ASSIGN(const journal::MailboxCounts counts, context_.journal.counts(0));
  context_.tracker.update([&](Progress& progress) { progress.stored = counts.stored; });
  return ok();
}

Settling& MailboxPreparer::settling_of(journal::MailboxId mailbox) {
  const std::scoped_lock lock(mutex_);
  return settling_[mailbox];
}

void MailboxPreparer::settled(journal::MailboxId mailbox) {
  const std::scoped_lock lock(mutex_);
  settling_.erase(mailbox);
}

/// Of what the server refused in this run: has it stored it? `honest`: some of it is not there.
Result<void> MailboxPreparer::judge_refusals(const imap::Target& target, Desk& desk, bool honest) {
  const RefusedInDoubt::Refused refused = desk.refused.take();
  std::uint64_t there = 0;
  for (const journal::MessageId id : refused.messages) {
    MBOXFERRY_ASSIGN(const auto row, context_.journal.message(id));
    if (row && row->state == journal::State::stored) ++there;
  }
  if (there == 0) {
    if (honest) context_.record.refusals.is_honest(refused.kinds);
    return ok();
  }
  if (!context_.record.refusals.stores_refused()) return ok();
  MBOXFERRY_TRY(context_.journal.set_note(kStoresRefusedNote, "1"));
  context_.tracker.notice(
      fmt::format("{}: the server said NO ({}) and stored the message; it is asked what it has "
                  "after each NO from now on",
                  target.label(), refused.text));
  return ok();
}

/// A journal that is an older copy does not know what was sent since, nor any what another job
/// sends; only what goes on in this run is known to be all.
Result<void> MailboxPreparer::look_for_unknown(imap::Target& target, const ReadyMailbox& ready) {
  const journal::MailboxId id = ready.row.id;
  {
    const std::scoped_lock lock(journal_turn_);
    if (no_unknown_.contains(id)) return ok();
  }
  MBOXFERRY_ASSIGN(const auto unknown, unknown_mail(ready, context_.journal));
  bool any = !unknown.empty();
  if (any) {
    // What is planned later must be known then.
    MBOXFERRY_TRY(wait_for_index());
    MBOXFERRY_ASSIGN(const journal::MailboxCounts counts, context_.journal.counts(id));
    any = counts.planned.messages > 0;
  }
  if (any) context_.tracker.enter(Progress::Phase::reconciling, ready.row.name);
  const std::scoped_lock lock(journal_turn_);
  std::uint64_t skipped = 0;
  if (any) {
    MBOXFERRY_ASSIGN(
        skipped,
        skip_unknown_mail(ready, unknown, target, context_.journal,
                          masked_digest_of(context_.sources, context_.settings),
                          form_of(context_.sources, context_.settings), context_.interrupt));
  }
  no_unknown_.insert(id);
  if (skipped == 0) return ok();
  context_.tracker.notice(fmt::format(
      "{}: the mailbox has mail that the journal does not know of (another job's, or an older copy "
      "of it?); {} messages are among it and are not sent again",
      ready.row.name, skipped));
  return update_total();
}

Result<void> MailboxPreparer::wait_for_index() {
  for (;;) {
    const IndexGate::Position index = context_.gate.position();
    if (index.folders_done == context_.sources.size()) return ok();
    MBOXFERRY_TRY(context_.gate.wait_beyond(index, context_.interrupt));
    if (context_.interrupt.requested()) return interrupted("interrupted while reading the archive");
  }
}

Result<void> MailboxPreparer::skip_what_is_there(imap::Target& target, const ReadyMailbox& ready) {
  MBOXFERRY_ASSIGN(const auto noted, context_.journal.note(look_through_note(ready.row.id)));
  if (!context_.settings.skip_existing && !noted) return ok();
  if (noted) MBOXFERRY_TRY(wait_for_index());
  const std::scoped_lock lock(journal_turn_);
  if (looked_through_.contains(ready.row.id)) return ok();
  MBOXFERRY_ASSIGN(const SkippedExisting skipped,
                   skip_existing(ready.row, target, context_.journal,
                                 masked_digest_of(context_.sources, context_.settings),
                                 form_of(context_.sources, context_.settings), context_.interrupt));
  looked_through_.insert(ready.row.id);
  if (skipped.different > 0) {
    context_.tracker.notice(
        fmt::format("{}: {} messages have the Message-ID of one that is there, and other content; "
                    "they are sent",
                    ready.row.name, skipped.different));
  }
  if (skipped.found() == 0) return ok();
  context_.tracker.notice(fmt::format(
      "{}: {} messages were there before and are skipped: {} compared by content, {} by "
      "Message-ID, size and date",
      ready.row.name, skipped.found(), skipped.by_content, skipped.by_facts));
  return update_total();
}

/// What is left out is none of what the job means to store.
Result<void> MailboxPreparer::update_total() {
  MBOXFERRY_ASSIGN(const journal::MailboxCounts counts, context_.journal.counts(0));
  context_.tracker.update([&](Progress& progress) { progress.total = meant(counts); });
  return ok();
}

}  // namespace mboxferry::transfer
