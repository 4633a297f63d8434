// SPDX-License-Identifier: Apache-2.0
// What a plan says of what was found: go or no go, and why.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "transfer/check/presence_check.h"
#include "transfer/check/verify_existing.h"
#include "transfer/plan/planner.h"
#include "transfer/plan/quota_check.h"

namespace mboxferry::transfer {

Result<void> Planner::list_unread(Plan& plan) const {
  constexpr std::size_t kMostListed = 10'000;
  MBOXFERRY_TRY(journal_->each_unread([&](const journal::UnreadRow& row) -> Result<void> {
    if (plan.unread.size() < kMostListed) plan.unread.push_back(row);
    return ok();
  }));
  MBOXFERRY_ASSIGN(const journal::Count left_out, journal::left_out_files(*journal_));
  plan.left_out_files = left_out.messages;
  plan.left_out_bytes = left_out.bytes;
  MBOXFERRY_ASSIGN(std::string text, unread_text(*journal_));
  if (text.empty()) return ok();
  if (!settings_.accept_unread) {
    plan.go = false;
    text += "; --accept-unread goes without";
  }
  plan.reasons.insert(plan.go ? plan.reasons.end() : plan.reasons.begin(), std::move(text));
  return ok();
}

Result<void> Planner::list_senders(Plan& plan) const {
  constexpr std::size_t kMostEntries = 10'000;
  if (!settings_.senders.any()) return ok();
  plan.senders.emplace();
  MBOXFERRY_ASSIGN(plan.senders->sums, journal_->sender_sums(kMostEntries));
  MBOXFERRY_ASSIGN(plan.senders->sum_count, journal_->sender_sum_count());
  return ok();
}

/// As the real run does at its end, where that may find a failure that is there already.
Result<void> Planner::compare_stored() {
  if (!continues_) return ok();
  const auto ignore = [](const Difference&) {};
  if (settings_.strict) {
    compared_ =
        verify_job(*journal_, *target_, {.strict = true, .existing = true}, ignore, interrupt_);
  } else {
    VerifyResult result;
    const auto looked = verify_existing(*journal_, *target_, {}, ignore, result, interrupt_);
    compared_ = looked ? Result<VerifyResult>(result) : looked.error();
  }
  const bool is_answer = compared_ || compared_.error().code == ErrorCode::try_later;
  return is_answer ? ok() : Result<void>(compared_.error());
}

/// What of it keeps the real run from ending as complete, whatever it sends.
void Planner::judge_stored(Plan& plan, std::uint64_t refused) const {
  const auto add = [&](std::string why) {
    plan.go = false;
    plan.reasons.insert(plan.reasons.begin(), std::move(why));
  };
  if (refused > 0)
    add(
        fmt::format("{} message{} refused in an earlier run and {} not sent again, so that the run "
                    "ends with 3; mboxferry retry {} sends {}",
                    refused, refused == 1 ? " was" : "s were", refused == 1 ? "is" : "are",
                    settings_.journal_path, refused == 1 ? "it" : "them"));
  if (!compared_) return add(describe(compared_.error()));
  if (compared_->existing_unchecked > 0)
    add(describe(existing_not_compared(settings_.account.label(), compared_->existing_unchecked)));
  if (settings_.strict && (!compared_->good() || compared_->twice > 0))
    add(fmt::format(
        "--strict: of what earlier runs stored, {} missing, {} different and {} there "
        "twice; mboxferry verify --strict {} lists them",
        compared_->missing, compared_->different, compared_->twice, settings_.journal_path));
}

/// What the real run goes on with, or why it cannot.
void Planner::judge_journal(Plan& plan) const {
  if (cannot_begin_) {
    plan.go = false;
    plan.reasons.insert(plan.reasons.begin(), describe(*cannot_begin_));
  }
  journal::Count stored;
  std::uint64_t in_doubt = 0;
  std::uint64_t refused = 0;
  for (const PlannedMailbox& mailbox : plan.mailboxes) {
    stored.messages += mailbox.stored.messages;
    stored.bytes += mailbox.stored.bytes;
    in_doubt += mailbox.in_doubt;
    refused += mailbox.refused;
  }
  if (!continues_) return;
  judge_stored(plan, refused);
  if (stored.messages + in_doubt + refused == 0) return;
  std::string text = fmt::format("the journal {} is continued: {} messages ({} bytes) are stored",
                                 settings_.journal_path, stored.messages, stored.bytes);
  if (in_doubt > 0)
    text += fmt::format(
        ", {} may be: the run asks the server for them first, keeps what it has and sends the rest",
        in_doubt);
  if (refused > 0) text += fmt::format(", {} were refused and are not sent again", refused);
  plan.reasons.push_back(std::move(text));
}

void Planner::judge(Plan& plan, const std::vector<Presence>& presences) const {
  plan.go = true;
  plan.bytes_needed = to_send_.bytes;
  plan.messages_needed = to_send_.messages;
  const std::string_view most = settings_.limits.message_bytes > 0
                                    ? "--max-message-size or the server's limit"
                                    : "the server takes";
  std::uint64_t planned = 0;
  std::uint64_t stored = 0;
  std::uint64_t oversize = 0;
  std::uint64_t receipts = 0;
  for (const PlannedMailbox& mailbox : plan.mailboxes) {
    receipts += mailbox.receipts;
    planned += mailbox.planned;
    stored += mailbox.stored.messages;
    oversize += mailbox.oversize;
    if (mailbox.oversize > 0)
      plan.reasons.push_back(fmt::format("{}: {} messages are empty or larger than {}",
                                         mailbox.name, mailbox.oversize, most));
  }
  if (receipts > 0)
    plan.reasons.push_back(fmt::format(
        "{} message{} for a read receipt, and the server does not keep $MDNSent: it may answer "
        "for what is stored as read",
        receipts, receipts == 1 ? " asks" : "s ask"));
  for (const std::string& name : refused_names_) {
    plan.go = false;
    plan.reasons.push_back(
        fmt::format("the server refuses a mailbox \"{}\"; choose another name with --map", name));
  }
  const bool is_there = std::any_of(presences.begin(), presences.end(),
                                    [](const Presence& presence) { return presence.stops; });
  if (shared_) {
    plan.go = false;
    plan.reasons.insert(plan.reasons.begin(), describe(*shared_));
  }
  if (filed_ && filed_->is_there()) {
    plan.go = false;
    plan.reasons.insert(plan.reasons.begin(),
                        describe(filed_mail_is_there(settings_.account.label(), *filed_)));
  } else if (filed_) {
    plan.reasons.push_back(describe_filed(*filed_));
  }
  if (is_there) {
    const Error error = copies_are_there(settings_, presences);
    plan.go = false;
    plan.reasons.insert(plan.reasons.begin(), describe(error));
  }
  for (const Presence& presence : presences)
    if (!presence.stops && presence.any()) plan.reasons.push_back(describe_few(presence));
  if (planned > 0 && oversize == planned && stored == 0) {
    plan.go = false;
    plan.reasons.insert(
        plan.reasons.begin(),
        fmt::format("no message can be sent: all are empty or larger than {}", most));
  }
  if (!plan.quota) return;
  const auto why = too_little_room(*plan.quota, to_send_, settings_.quota_reserve);
  if (!why) return;
  plan.go = false;
  // What decides stands first.
  plan.reasons.insert(plan.reasons.begin(), *why);
}

}  // namespace mboxferry::transfer
