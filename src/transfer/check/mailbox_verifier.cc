// SPDX-License-Identifier: Apache-2.0
// Walks through the ledger and the mailbox side by side.
#include "transfer/check/mailbox_verifier.h"

#include <strings.h>

#include <algorithm>
#include <set>
#include <utility>

#include "transfer/check/reconcile.h"
#include "transfer/index/content_digest.h"

namespace mboxferry::transfer {
namespace {

constexpr std::size_t kLedgerPage = 500;

/// Keywords compare without regard to case.
bool has_all(const std::vector<std::string>& found, const std::vector<std::string>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const std::string& keyword) {
    return std::any_of(found.begin(), found.end(), [&](const std::string& one) {
      return ::strcasecmp(one.c_str(), keyword.c_str()) == 0;
    });
  });
}

}  // namespace

MailboxVerifier::MailboxVerifier(const journal::MailboxRow& mailbox, const plan::FlagLimits& limits,
                                 const imap::SelectedMailbox& selected, Compared before,
                                 std::uint64_t first_possible_copy, journal::Journal& journal,
                                 imap::ReadOnlyTarget& target, const Verification& verification,
                                 VerifyResult& result)
    : mailbox_(mailbox),
      limits_(limits),
      highest_uid_(selected.uid_next == 0 ? imap::kLastUid : selected.uid_next - 1),
      exists_(selected.exists),
      before_(std::move(before)),
      first_possible_copy_(first_possible_copy),
      journal_(journal),
      target_(target),
      verification_(verification),
      full_(verification.options.full),
      strict_(verification.options.strict),
      result_(result),
      copies_(mailbox.id, journal, target) {
  now_.uid_validity = before_.uid_validity;
  now_.last = before_.last;
}

Result<void> MailboxVerifier::add(const journal::MessageRow& row) {
  page_.push_back(row);
  return page_.size() < kLedgerPage ? ok() : compare_page(page_.back().uid);
}

Result<void> MailboxVerifier::finish() {
  MBOXFERRY_TRY(compare_page(imap::kLastUid));
  MBOXFERRY_TRY(look_again());
  MBOXFERRY_TRY(judge_alterations());
  const auto tell = [this](const Stranger& stranger) { strange(stranger, stranger.provable); };
  return copies_.look(tell, verification_.interrupt);
}

void MailboxVerifier::missing(const journal::MessageRow& row) {
  ++result_.checked;
  now_.last = std::max(now_.last, row.uid);
  static_cast<void>(gone_.add(row.id));
  if (before_.covers(row.uid) && !strict_)
    return gone_since(difference_of(row, "missing", row.uid));
  ++result_.missing;
  not_in_order(row);
  report(row, "missing", row.uid);
}

Result<void> MailboxVerifier::add_without_uid() {
  constexpr std::size_t kMostAtOnce = 4096;
  std::vector<journal::MessageRow> rows;
  const auto judge = [&]() -> Result<void> {
    std::set<journal::Digest> kept;
    for (const journal::MessageRow& row : rows) kept.insert(row.digest);
    std::set<journal::Digest> there;
    if (!rows.empty() && !strict_)
      MBOXFERRY_TRY(journal_.ledger(mailbox_.id, [&](const auto& row) -> Result<void> {
        if (kept.contains(row.digest)) there.insert(row.digest);
        return ok();
      }));
    for (const journal::MessageRow& row : rows) {
      if (!there.contains(row.digest)) {
        missing(row);
        continue;
      }
      ++result_.checked;
      ++result_.altered.merged;
    }
    rows.clear();
    return ok();
  };
  const auto take = [&](const journal::MessageRow& row) -> Result<void> {
    if (row.uid == 0) rows.push_back(row);
    return rows.size() < kMostAtOnce ? ok() : judge();
  };
  MBOXFERRY_TRY(journal_.each(journal::State::stored, mailbox_.id, take));
  return judge();
}

Result<void> MailboxVerifier::compare_anew(journal::Journal& renamed) {
  RowSet found;
  MBOXFERRY_TRY(renamed.each(
      journal::State::stored, mailbox_.id, [&](const journal::MessageRow& row) -> Result<void> {
        if (verification_.interrupt.requested()) return interrupted("interrupted while verifying");
        return row.uid != 0 && found.add(row.id) ? ok() : missing_as_it_was(row);
      }));
  const auto take = [this](const journal::MessageRow& row,
                           const imap::FetchedMessage& fetched) -> Result<void> {
    ++result_.altered.renumbered;
    compare(row, fetched);
    if (!full_) return ok();
    MBOXFERRY_TRY(compare_bodies());
    to_read_.clear();
    return ok();
  };
  const auto give_up = [this](const journal::MessageRow& row) { missing(row); };
  MBOXFERRY_TRY(LateLook(mailbox_.id, renamed, target_, take, give_up, verification_.interrupt)
                    .together(found));
  MBOXFERRY_TRY(found.each(renamed, mailbox_.id, [this](const journal::MessageRow& row) {
    return missing_as_it_was(row);
  }));
  MBOXFERRY_TRY(judge_alterations());
  return look_for_strangers(renamed);
}

Result<void> MailboxVerifier::compare_page(imap::Uid last) {
  // A ledger that goes on behind the server's UIDNEXT is looked for all the same.
  const imap::Uid wanted = page_.empty() ? 0 : page_.back().uid;
  if (!walk_ || wanted > walked_to_) {
    MBOXFERRY_TRY(pass_rest());
    MBOXFERRY_TRY(begin_walk(full_ ? last : std::max(wanted, highest_uid_)));
  }
  for (const journal::MessageRow& row : page_) MBOXFERRY_TRY(compare_row(row));
  if (full_ || last == imap::kLastUid) {
    MBOXFERRY_TRY(pass_rest());
    walk_.reset();
  }
  if (full_) MBOXFERRY_TRY(compare_bodies());
  page_.clear();
  to_read_.clear();
  return ok();
}

Result<void> MailboxVerifier::missing_as_it_was(const journal::MessageRow& row) {
  MBOXFERRY_ASSIGN(const auto former, journal_.message(row.id));
  missing(former ? *former : row);
  return ok();
}

Result<void> MailboxVerifier::begin_walk(imap::Uid last) {
  imap::Uid first = walked_to_ == imap::kLastUid ? imap::kLastUid : walked_to_ + 1;
  // What was in the mailbox before the job is nobody's business here.
  if (walked_to_ == 0) {
    first = std::max<imap::Uid>(mailbox_.uid_floor, 1);
    if (!page_.empty()) first = std::min(first, page_.front().uid);
  }
  if (walked_to_ == 0) first_uid_ = first;
  return begin_walk_at(first, last);
}

Result<void> MailboxVerifier::begin_walk_at(imap::Uid first, imap::Uid last) {
  walk_.reset();
  fetched_.reset();
  previous_ = first <= 1 ? std::optional<std::uint32_t>(0) : std::nullopt;
  MBOXFERRY_ASSIGN(walk_, target_.walk({first, last},
                                       {.just_selected = walked_to_ == 0, .with_withheld = true}));
  walked_to_ = last;
  return advance();
}

Result<void> MailboxVerifier::advance() {
  if (fetched_) previous_ = fetched_->withheld ? std::nullopt : std::optional(fetched_->number);
  MBOXFERRY_ASSIGN(fetched_, walk_->next());
  return ok();
}

Result<void> MailboxVerifier::pass_rest() {
  while (fetched_) MBOXFERRY_TRY(pass_unexpected());
  return ok();
}

Result<void> MailboxVerifier::pass_unexpected() {
  if (fetched_->uid >= mailbox_.uid_floor && !fetched_->withheld)
    MBOXFERRY_TRY(copies_.add(*fetched_));
  return advance();
}

Result<void> MailboxVerifier::compare_row(const journal::MessageRow& row) {
  if (last_found_ && last_found_->uid == row.uid) {
    merged(row);
    return ok();
  }
  while (fetched_ && fetched_->uid < row.uid) MBOXFERRY_TRY(pass_unexpected());
  if (!fetched_ || fetched_->uid != row.uid) {
    if (!(is_proven_absent() ? absent_ : unproven_).add(row.id)) missing(row);
    return ok();
  }
  if (fetched_->withheld) {
    ++result_.checked;
    verification_.not_compared.add_message(mailbox_, row.uid, target_.label());
    return advance();
  }
  last_found_ = row;
  compare(row, *fetched_);
  return advance();
}

bool MailboxVerifier::is_proven_absent() const {
  if (!previous_) return false;
  return fetched_ ? fetched_->number == *previous_ + 1
                  : *previous_ >= exists_ && walked_to_ >= highest_uid_;
}

void MailboxVerifier::merged(const journal::MessageRow& row) {
  const bool same =
      row.digest == last_found_->digest ||
      (row.message_id_hash != 0 && row.message_id_hash == last_found_->message_id_hash);
  if (!same || strict_) return missing(row);
  ++result_.checked;
  ++result_.altered.merged;
}

Result<void> MailboxVerifier::look_again() {
  if (unproven_.empty() && absent_.empty()) return ok();
  const auto found = [this](const journal::MessageRow& row,
                            const imap::FetchedMessage& fetched) -> Result<void> {
    compare(row, fetched);
    if (!full_) return ok();
    MBOXFERRY_TRY(compare_bodies());
    to_read_.clear();
    return ok();
  };
  const Cancellation& interrupt = verification_.interrupt;
  const auto give_up = [this](const journal::MessageRow& row) { missing(row); };
  LateLook look(mailbox_.id, journal_, target_, found, give_up, interrupt);
  MBOXFERRY_TRY(look.alone(unproven_));
  RowSet late;
  const auto sort_out = [&](const journal::MessageRow& row) -> Result<void> {
    if (before_.covers(row.uid) || !late.add(row.id)) missing(row);
    return ok();
  };
  MBOXFERRY_TRY(absent_.each(journal_, mailbox_.id, sort_out));
  MBOXFERRY_TRY(unproven_.each(journal_, mailbox_.id, sort_out));
  while (!late.empty() && verification_.patience.wait(interrupt))
    MBOXFERRY_TRY(look.together(late));
  // Proton's bridge gives messages other UIDs a while after the APPEND.
  if (!late.empty() && copies_.has_any()) {
    MBOXFERRY_ASSIGN(const std::uint64_t moved,
                     find_moved(mailbox_, late.ranges(), target_, journal_, interrupt));
    result_.altered.moved += moved;
    MBOXFERRY_TRY(look.together(late));
    MBOXFERRY_TRY(begin_copies_anew());
  }
  return late.each(journal_, mailbox_.id, [&](const auto& row) -> Result<void> {
    missing(row);
    return ok();
  });
}

Result<void> MailboxVerifier::begin_copies_anew() {
  MBOXFERRY_TRY(copies_.restart());
  return target_.fetch({first_uid_, imap::kLastUid}, {},
                       [&](const imap::FetchedMessage& fetched) -> Result<void> {
                         return fetched.uid < mailbox_.uid_floor ? ok() : copies_.add(fetched);
                       });
}

void MailboxVerifier::compare(const journal::MessageRow& row, const imap::FetchedMessage& fetched) {
  ++result_.checked;
  now_.last = std::max(now_.last, row.uid);
  const Alteration altered{&row, fetched.size != row.wire_size,
                           fetched.internal_date.unix_seconds != row.date.unix_seconds};
  const plan::KeptFlags kept = plan::keep_flags(row.flags, row.keywords, limits_);
  // A reader may have set flags since; one that was lost is a difference.
  const char* lost = nullptr;
  if ((kept.flags & ~fetched.flags) != 0)
    lost = "flags";
  else if (!has_all(fetched.keywords, kept.keywords))
    lost = "keywords";
  if (strict_ && altered.any()) return different(row, altered.size ? "size" : "internaldate");
  if (lost != nullptr) flags_lost(row, lost, kept, (fetched.flags & ~kept.flags) != 0);
  if (strict_ && lost != nullptr) return;
  if (full_) return to_read_.push_back(altered);
  if (altered.any()) alterations_.add(row, altered.size, altered.date);
}

void MailboxVerifier::flags_lost(const journal::MessageRow& row, const char* what,
                                 const plan::KeptFlags& kept, bool has_others) {
  Difference difference = difference_of(row, what, row.uid);
  difference.has_others = has_others;
  difference.flags = kept.flags;
  difference.keywords = kept.keywords;
  const bool in_order_before =
      difference.compared_before && !before_.without_flags.contains(row.uid);
  if (strict_) {
    ++result_.different;
    not_in_order(row);
    return verification_.visit(difference);
  }
  if (in_order_before) return gone_since(std::move(difference));
  now_.without_flags.add(row.uid);
  ++(difference.what == "flags" ? result_.altered.flags : result_.altered.keywords);
  difference.judgement = Difference::Judgement::altered;
  verification_.visit(difference);
}

void MailboxVerifier::gone_since(Difference difference) {
  ++result_.gone_since;
  difference.judgement = Difference::Judgement::gone_since;
  verification_.visit(difference);
}

void MailboxVerifier::different(const journal::MessageRow& row, const char* what) {
  ++result_.different;
  not_in_order(row);
  report(row, what, row.uid);
}

void MailboxVerifier::not_in_order(const journal::MessageRow& row) {
  if (row.uid != 0 && !before_.covers(row.uid)) now_.not_in_order.add(row.uid);
}

Result<bool> MailboxVerifier::same_content(const journal::MessageRow& row) {
  ContentDigest digest(verification_.key);
  std::uint64_t size = 0;
  MBOXFERRY_TRY(target_.fetch_body(row.uid, row.wire_size, [&](std::string_view bytes) {
    digest.update(bytes);
    size += bytes.size();
    return ok();
  }));
  const bool same = digest.finish() == row.digest;
  // The digest leaves status fields out, and nothing else could be shorter.
  if (same && size < row.wire_size) result_.altered.without_status = true;
  return same;
}

Result<void> MailboxVerifier::compare_bodies() {
  for (const Alteration& one : to_read_) {
    MBOXFERRY_ASSIGN(const bool same, same_content(*one.row));
    if (!same) {
      different(*one.row, "content");
      continue;
    }
    result_.altered.sizes += one.size ? 1 : 0;
    result_.altered.dates += one.date ? 1 : 0;
  }
  return ok();
}

Result<void> MailboxVerifier::judge_alterations() {
  for (const journal::MessageRow& row : alterations_.sample()) {
    if (verification_.interrupt.requested()) return interrupted("interrupted while verifying");
    MBOXFERRY_ASSIGN(const bool same, same_content(row));
    if (!same) return report_altered();
  }
  result_.altered.sizes += alterations_.sizes();
  result_.altered.dates += alterations_.dates();
  return ok();
}

Result<void> MailboxVerifier::report_altered() {
  MBOXFERRY_TRY(begin_walk_at(first_uid_, imap::kLastUid));
  return journal_.ledger(mailbox_.id, [&](const journal::MessageRow& row) -> Result<void> {
    if (verification_.interrupt.requested()) return interrupted("interrupted while verifying");
    while (fetched_ && fetched_->uid < row.uid) MBOXFERRY_TRY(advance());
    if (!fetched_ || fetched_->uid != row.uid || fetched_->withheld) return ok();
    if (fetched_->size != row.wire_size)
      different(row, "size");
    else if (fetched_->internal_date.unix_seconds != row.date.unix_seconds)
      different(row, "internaldate");
    return ok();
  });
}

Result<void> MailboxVerifier::look_for_strangers(journal::Journal& renamed) {
  CopyFinder copies(mailbox_.id, renamed, target_);
  MBOXFERRY_TRY(copies.restart());
  MBOXFERRY_TRY(target_.fetch(
      {1, imap::kLastUid}, {},
      [&](const imap::FetchedMessage& fetched) -> Result<void> { return copies.add(fetched); }));
  const auto tell = [this](const Stranger& stranger) { strange(stranger, false); };
  return copies.look(tell, verification_.interrupt);
}

void MailboxVerifier::strange(const Stranger& stranger, bool provable) {
  // Somebody moved it away and back: it has another UID, and is there once.
  if (stranger.original == nullptr || gone_.contains(stranger.original->id))
    return unexpected(stranger.uid);
  ++result_.unexpected;
  ++result_.twice;
  if (provable || stranger.uid >= first_possible_copy_) ++result_.twice_by_us;
  Difference difference = difference_of(*stranger.original, "twice", stranger.uid);
  difference.copy_of = stranger.original->uid;
  difference.provable = provable;
  verification_.visit(difference);
}

void MailboxVerifier::unexpected(imap::Uid uid) {
  ++result_.unexpected;
  Difference difference;
  difference.mailbox = mailbox_.name;
  difference.uid = uid;
  difference.what = "unexpected";
  verification_.visit(difference);
}

Difference MailboxVerifier::difference_of(const journal::MessageRow& row, const char* what,
                                          imap::Uid uid) const {
  const auto folder = verification_.folders.find(row.folder);
  Difference difference;
  difference.mailbox = mailbox_.name;
  if (folder != verification_.folders.end()) difference.folder = folder->second;
  difference.offset = row.offset;
  difference.message = row;
  difference.uid = uid;
  difference.what = what;
  difference.compared_before = before_.covers(row.uid);
  return difference;
}

void MailboxVerifier::report(const journal::MessageRow& row, const char* what, imap::Uid uid) {
  verification_.visit(difference_of(row, what, uid));
}

}  // namespace mboxferry::transfer
