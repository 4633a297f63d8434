// SPDX-License-Identifier: Apache-2.0
// Compares the ledger with the server.
#include "mboxferry/transfer/verify.h"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include "mboxferry/plan/message_plan.h"
#include "transfer/check/alterations.h"
#include "transfer/check/copy_finder.h"
#include "transfer/check/reconcile.h"
#include "transfer/check/second_look.h"
#include "transfer/check/verify_existing.h"
#include "transfer/index/content_digest.h"
#include "transfer/mailbox/compared_note.h"
#include "transfer/mailbox/given_uids.h"
#include "transfer/mailbox/lookout.h"
#include "transfer/mailbox/mailboxes.h"
#include "transfer/mailbox/quiet_mailbox.h"

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

/// Mailboxes that are there and could not be opened, or not be read.
struct NotCompared {
  std::uint64_t mailboxes = 0;
  std::uint64_t messages = 0;
  std::string first;  ///< its name, and what the server said

  Result<void> add(const journal::MailboxRow& mailbox, const journal::Journal& journal,
                   std::string why) {
    MBOXFERRY_ASSIGN(const journal::MailboxCounts counts, journal.counts(mailbox.id));
    ++mailboxes;
    messages += counts.stored.messages;
    if (first.empty()) first = std::move(why);
    return ok();
  }
  /// The server has the message and does not show it.
  void add_message(const journal::MailboxRow& mailbox, imap::Uid uid, const std::string& label) {
    ++messages;
    if (first.empty())
      first =
          fmt::format("{} does not show message UID {} of mailbox {}", label, uid, mailbox.name);
  }
};

/// What verifying a mailbox takes from its job.
struct Verification {
  const VerifyOptions& options;
  const ContentKey& key;  ///< of the digests
  const std::unordered_map<journal::FolderId, std::string>& folders;
  const DifferenceVisitor& visit;
  const Cancellation& interrupt;
  Patience& patience;
  NotCompared& not_compared;
};

/// Verifies one selected mailbox, page by page of the ledger.
class MailboxVerifier {
 public:
  /// `highest_uid`: what the server said is the last, or more. `before`: what is known of earlier.
  /// `first_possible_copy`: copies below that UID are not the job's.
  MailboxVerifier(const journal::MailboxRow& mailbox, const plan::FlagLimits& limits,
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

  Result<void> add(const journal::MessageRow& row) {
    page_.push_back(row);
    return page_.size() < kLedgerPage ? ok() : compare_page(page_.back().uid);
  }

  /// The rest of the ledger, and what lies behind it on the server.
  Result<void> finish() {
    MBOXFERRY_TRY(compare_page(imap::kLastUid));
    MBOXFERRY_TRY(look_again());
    MBOXFERRY_TRY(judge_alterations());
    const auto tell = [this](const Stranger& stranger) { strange(stranger, stranger.provable); };
    return copies_.look(tell, verification_.interrupt);
  }

  void missing(const journal::MessageRow& row) {
    ++result_.checked;
    now_.last = std::max(now_.last, row.uid);
    static_cast<void>(gone_.add(row.id));
    if (before_.covers(row.uid) && !strict_)
      return gone_since(difference_of(row, "missing", row.uid));
    ++result_.missing;
    not_in_order(row);
    report(row, "missing", row.uid);
  }

  /// The stored messages whose UIDs nobody knows. A server without UIDPLUS that keeps one of
  /// several equal messages does not say so: the ledger has one with the same content then.
  Result<void> add_without_uid() {
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

  /// The mailbox has another UIDVALIDITY: `renamed`, a copy of the journal, has the UIDs that its
  /// messages were found under, and none for the others.
  Result<void> compare_anew(journal::Journal& renamed) {
    RowSet found;
    MBOXFERRY_TRY(renamed.each(
        journal::State::stored, mailbox_.id, [&](const journal::MessageRow& row) -> Result<void> {
          if (verification_.interrupt.requested())
            return interrupted("interrupted while verifying");
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

  /// For the journal, once everything is compared.
  [[nodiscard]] std::string note() const { return now_.to_text(); }

 private:
  /// One walk goes through the mailbox beside the ledger. Bodies need the connection, so that with
  /// them each page has a walk of its own.
  Result<void> compare_page(imap::Uid last) {
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

  /// What an earlier run compared is known by the UID that it had then.
  Result<void> missing_as_it_was(const journal::MessageRow& row) {
    MBOXFERRY_ASSIGN(const auto former, journal_.message(row.id));
    missing(former ? *former : row);
    return ok();
  }

  Result<void> begin_walk(imap::Uid last) {
    imap::Uid first = walked_to_ == imap::kLastUid ? imap::kLastUid : walked_to_ + 1;
    // What was in the mailbox before the job is nobody's business here.
    if (walked_to_ == 0) {
      first = std::max<imap::Uid>(mailbox_.uid_floor, 1);
      if (!page_.empty()) first = std::min(first, page_.front().uid);
    }
    if (walked_to_ == 0) first_uid_ = first;
    return begin_walk_at(first, last);
  }

  Result<void> begin_walk_at(imap::Uid first, imap::Uid last) {
    walk_.reset();
    fetched_.reset();
    previous_ = first <= 1 ? std::optional<std::uint32_t>(0) : std::nullopt;
    MBOXFERRY_ASSIGN(walk_, target_.walk({first, last}, {.just_selected = walked_to_ == 0,
                                                         .with_withheld = true}));
    walked_to_ = last;
    return advance();
  }

  Result<void> advance() {
    if (fetched_) previous_ = fetched_->withheld ? std::nullopt : std::optional(fetched_->number);
    MBOXFERRY_ASSIGN(fetched_, walk_->next());
    return ok();
  }

  Result<void> pass_rest() {
    while (fetched_) MBOXFERRY_TRY(pass_unexpected());
    return ok();
  }

  Result<void> pass_unexpected() {
    if (fetched_->uid >= mailbox_.uid_floor && !fetched_->withheld)
      MBOXFERRY_TRY(copies_.add(*fetched_));
    return advance();
  }

  Result<void> compare_row(const journal::MessageRow& row) {
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

  /// Sequence numbers have no holes: where they follow each other, there is nothing between.
  [[nodiscard]] bool is_proven_absent() const {
    if (!previous_) return false;
    return fetched_ ? fetched_->number == *previous_ + 1
                    : *previous_ >= exists_ && walked_to_ >= highest_uid_;
  }

  /// The server gave the UID of a message that it has (Gmail does, for the same mail).
  void merged(const journal::MessageRow& row) {
    const bool same =
        row.digest == last_found_->digest ||
        (row.message_id_hash != 0 && row.message_id_hash == last_found_->message_id_hash);
    if (!same || strict_) return missing(row);
    ++result_.checked;
    ++result_.altered.merged;
  }

  /// Messages that the walk did not show: by themselves, some seconds later, under other UIDs.
  Result<void> look_again() {
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

  Result<void> begin_copies_anew() {
    MBOXFERRY_TRY(copies_.restart());
    return target_.fetch({first_uid_, imap::kLastUid}, {},
                         [&](const imap::FetchedMessage& fetched) -> Result<void> {
                           return fetched.uid < mailbox_.uid_floor ? ok() : copies_.add(fetched);
                         });
  }

  void compare(const journal::MessageRow& row, const imap::FetchedMessage& fetched) {
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

  void flags_lost(const journal::MessageRow& row, const char* what, const plan::KeptFlags& kept,
                  bool has_others) {
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

  void gone_since(Difference difference) {
    ++result_.gone_since;
    difference.judgement = Difference::Judgement::gone_since;
    verification_.visit(difference);
  }

  void different(const journal::MessageRow& row, const char* what) {
    ++result_.different;
    not_in_order(row);
    report(row, what, row.uid);
  }

  /// What was in order before stays so in the journal: it is not this run's loss.
  void not_in_order(const journal::MessageRow& row) {
    if (row.uid != 0 && !before_.covers(row.uid)) now_.not_in_order.add(row.uid);
  }

  Result<bool> same_content(const journal::MessageRow& row) {
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

  Result<void> compare_bodies() {
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

  /// Some servers estimate sizes or ignore dates: the content of a sample decides whether that is
  /// all. Where it is not, every such message is reported.
  Result<void> judge_alterations() {
    for (const journal::MessageRow& row : alterations_.sample()) {
      if (verification_.interrupt.requested()) return interrupted("interrupted while verifying");
      MBOXFERRY_ASSIGN(const bool same, same_content(row));
      if (!same) return report_altered();
    }
    result_.altered.sizes += alterations_.sizes();
    result_.altered.dates += alterations_.dates();
    return ok();
  }

  Result<void> report_altered() {
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

  /// What a mailbox that was made anew has besides the ledger's messages. Nothing of it can be the
  /// job's, which has not sent into that mailbox yet.
  Result<void> look_for_strangers(journal::Journal& renamed) {
    CopyFinder copies(mailbox_.id, renamed, target_);
    MBOXFERRY_TRY(copies.restart());
    MBOXFERRY_TRY(target_.fetch(
        {1, imap::kLastUid}, {},
        [&](const imap::FetchedMessage& fetched) -> Result<void> { return copies.add(fetched); }));
    const auto tell = [this](const Stranger& stranger) { strange(stranger, false); };
    return copies.look(tell, verification_.interrupt);
  }

  void strange(const Stranger& stranger, bool provable) {
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

  void unexpected(imap::Uid uid) {
    ++result_.unexpected;
    Difference difference;
    difference.mailbox = mailbox_.name;
    difference.uid = uid;
    difference.what = "unexpected";
    verification_.visit(difference);
  }

  Difference difference_of(const journal::MessageRow& row, const char* what, imap::Uid uid) const {
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
  void report(const journal::MessageRow& row, const char* what, imap::Uid uid) {
    verification_.visit(difference_of(row, what, uid));
  }

  const journal::MailboxRow& mailbox_;
  const plan::FlagLimits& limits_;
  const imap::Uid highest_uid_;
  const std::uint64_t exists_;
  const Compared before_;
  const std::uint64_t first_possible_copy_;
  Compared now_;
  journal::Journal& journal_;
  imap::ReadOnlyTarget& target_;
  const Verification& verification_;
  const bool full_;
  const bool strict_;
  VerifyResult& result_;
  CopyFinder copies_;
  Alterations alterations_;
  std::vector<journal::MessageRow> page_;
  struct Alteration {
    const journal::MessageRow* row;
    bool size;
    bool date;
    [[nodiscard]] bool any() const { return size || date; }
  };
  std::vector<Alteration> to_read_;  ///< of the page
  std::unique_ptr<imap::MessageWalk> walk_;
  std::optional<imap::FetchedMessage> fetched_;  ///< the walk's message that is looked at
  std::optional<std::uint32_t> previous_;        ///< the sequence number before it
  std::optional<journal::MessageRow> last_found_;
  RowSet absent_;  ///< proven by sequence numbers
  RowSet unproven_;
  RowSet gone_;              ///< as far as it holds them
  imap::Uid walked_to_ = 0;  ///< the end of that walk
  imap::Uid first_uid_ = 1;  ///< where the first walk began
};

/// Those that messages were stored in.
Result<std::vector<Lookout::Mailbox>> mailboxes_to_verify(const journal::Journal& journal) {
  MBOXFERRY_ASSIGN(std::vector<journal::MailboxRow> rows, journal.mailboxes());
  MBOXFERRY_ASSIGN(const journal::CountsByMailbox counts, journal.counts_by_mailbox());
  std::vector<Lookout::Mailbox> used;
  for (journal::MailboxRow& row : rows) {
    const std::uint64_t stored = counts_of(counts, row.id).stored.messages;
    if (stored > 0) used.push_back({std::move(row), stored});
  }
  return used;
}

/// Whether the server has the mailbox, though it does not open it. One that cannot be listed may be
/// there.
Result<bool> is_listed(const std::string& mailbox, imap::ReadOnlyTarget& target) {
  if (::strcasecmp(mailbox.c_str(), "INBOX") == 0) return true;
  const auto listed = target.list();
  if (!listed) return target.is_alive() ? Result<bool>(true) : listed.error();
  return std::any_of(listed->begin(), listed->end(), [&](const imap::ListedMailbox& one) {
    return one.name == mailbox && one.selectable;
  });
}

/// A copy of the journal that has UIDs of another UIDVALIDITY: the mailbox was made anew, or lost
/// its index, and may hold the same mail. What becomes of what is not there is for a run to decide,
/// so that the journal itself stays as it is.
Result<std::unique_ptr<journal::Journal>> look_under_new_uids(journal::MailboxRow mailbox,
                                                              std::uint32_t uid_validity,
                                                              const journal::Journal& journal,
                                                              imap::ReadOnlyTarget& target,
                                                              const Verification& verification) {
  MBOXFERRY_ASSIGN(auto copy, journal::Journal::copy(journal.path()));
  mailbox.uid_validity = uid_validity;
  mailbox.uid_floor = 1;
  MBOXFERRY_TRY(copy->update_mailbox(mailbox));
  MBOXFERRY_TRY(copy->forget_uids(mailbox.id));
  MBOXFERRY_TRY(identify_stored(mailbox, target, *copy, verification.options.envelope,
                                verification.interrupt));
  return copy;
}

Result<void> verify_mailbox(const journal::MailboxRow& mailbox, journal::Journal& journal,
                            imap::ReadOnlyTarget& target, const Verification& verification,
                            VerifyResult& result) {
  const auto selected = target.select(mailbox.name);
  const bool gone = !selected && selected.error().scope == ErrorScope::mailbox;
  if (!selected && !gone) return Error(selected.error());
  if (gone) {
    MBOXFERRY_ASSIGN(const bool listed, is_listed(mailbox.name, target));
    if (listed) return verification.not_compared.add(mailbox, journal, selected.error().what);
  }
  const plan::FlagLimits limits =
      gone ? plan::FlagLimits{} : flag_limits(selected->permanent_flags);
  MBOXFERRY_TRY(forget_false_uids(mailbox, journal));
  MBOXFERRY_ASSIGN(Compared before, compared_before(mailbox, journal));
  MBOXFERRY_ASSIGN(const std::uint64_t first_copy, first_possible_copy(mailbox, journal));
  MailboxVerifier verifier(mailbox, limits, gone ? imap::SelectedMailbox{} : *selected,
                           std::move(before), first_copy, journal, target, verification, result);
  const auto keep_note = [&] {
    if (const std::string note = verifier.note(); !note.empty())
      result.compared.emplace_back(compared_note(mailbox.id), note);
    return ok();
  };
  // Another UIDVALIDITY means that the ledger's UIDs name nothing.
  if (!gone && selected->uid_validity != mailbox.uid_validity && selected->exists > 0) {
    MBOXFERRY_ASSIGN(const auto renamed, look_under_new_uids(mailbox, selected->uid_validity,
                                                             journal, target, verification));
    return verifier.compare_anew(*renamed);
  }
  if (gone || selected->uid_validity != mailbox.uid_validity) {
    MBOXFERRY_TRY(journal.each(journal::State::stored, mailbox.id,
                               [&](const journal::MessageRow& row) -> Result<void> {
                                 verifier.missing(row);
                                 return ok();
                               }));
    return keep_note();
  }
  for (;;) {
    MBOXFERRY_TRY(identify_stored(mailbox, target, journal, verification.options.envelope,
                                  verification.interrupt));
    MBOXFERRY_ASSIGN(const journal::Journal::Doubt doubt, journal.doubt(mailbox.id));
    if (!doubt.stored_without_uid || !verification.patience.wait(verification.interrupt)) break;
  }
  MBOXFERRY_TRY(journal.ledger(mailbox.id, [&](const journal::MessageRow& row) -> Result<void> {
    if (verification.interrupt.requested()) return interrupted("interrupted while verifying");
    return verifier.add(row);
  }));
  MBOXFERRY_TRY(verifier.finish());
  MBOXFERRY_TRY(verifier.add_without_uid());
  return keep_note();
}

/// A server that refuses to show what is in one mailbox may show the others.
Result<void> verify_or_note(const journal::MailboxRow& mailbox, journal::Journal& journal,
                            imap::ReadOnlyTarget& target, const Verification& verification,
                            VerifyResult& result) {
  const NotCompared before = verification.not_compared;
  const auto verified = verify_mailbox(mailbox, journal, target, verification, result);
  if (verified || !is_refusal_to_read(verified.error(), target)) return verified;
  // Its messages that were not shown are among all of them.
  verification.not_compared = before;
  return verification.not_compared.add(mailbox, journal,
                                       fmt::format("{} ({})", verified.error().what, mailbox.name));
}

/// What an earlier run found gone together with its mailbox, and left out from then on.
Result<void> tell_gone_with_mailbox(const journal::Journal& journal,
                                    const Verification& verification, VerifyResult& result) {
  std::unordered_map<journal::MailboxId, std::string> names;
  MBOXFERRY_ASSIGN(const auto mailboxes, journal.mailboxes());
  for (const journal::MailboxRow& mailbox : mailboxes) names.emplace(mailbox.id, mailbox.name);
  const auto tell = [&](const journal::MessageRow& row) -> Result<void> {
    if (verification.interrupt.requested()) return interrupted("interrupted while verifying");
    if (row.code != kGoneSince) return ok();
    Difference difference;
    difference.mailbox = names[row.mailbox];
    if (const auto folder = verification.folders.find(row.folder);
        folder != verification.folders.end())
      difference.folder = folder->second;
    difference.offset = row.offset;
    difference.what = "missing";
    difference.compared_before = true;
    ++result.checked;
    ++(verification.options.strict ? result.missing : result.gone_since);
    if (!verification.options.strict) difference.judgement = Difference::Judgement::gone_since;
    verification.visit(difference);
    return ok();
  };
  return journal.each(journal::State::skipped, 0, tell);
}

}  // namespace

Result<VerifyResult> verify_job(journal::Journal& journal, imap::ReadOnlyTarget& target,
                                const VerifyOptions& options, const DifferenceVisitor& visit,
                                const Cancellation& interrupt) {
  MBOXFERRY_TRY(journal.index_mailboxes());
  VerifyResult result;
  MBOXFERRY_ASSIGN(const ContentKey key, content_key(journal));
  std::unordered_map<journal::FolderId, std::string> folders;
  MBOXFERRY_ASSIGN(const auto folder_rows, journal.folders());
  for (const journal::FolderRow& folder : folder_rows) folders.emplace(folder.id, folder.path);
  Patience patience(options.clock);
  NotCompared not_compared;
  const Verification verification{options, key, folders, visit, interrupt, patience, not_compared};
  MBOXFERRY_ASSIGN(auto mailboxes, mailboxes_to_verify(journal));
  Lookout lookout(std::move(mailboxes), journal, target);
  for (std::size_t i = 0; i < lookout.mailboxes().size(); ++i) {
    // Bodies are asked for between, which look ahead would only delay.
    if (!options.full) MBOXFERRY_TRY(lookout.reach(i));
    MBOXFERRY_TRY(
        verify_or_note(lookout.mailboxes()[i].row, journal, target, verification, result));
  }
  MBOXFERRY_TRY(tell_gone_with_mailbox(journal, verification, result));
  if (options.existing)
    MBOXFERRY_TRY(verify_existing(journal, target, options, visit, result, interrupt));
  if (not_compared.mailboxes + not_compared.messages == 0) return result;
  const std::uint64_t others = std::max<std::uint64_t>(not_compared.mailboxes, 1) - 1;
  return Error{
      ErrorCode::try_later,
      fmt::format("{}{}; {} stored message{} could not be compared", not_compared.first,
                  others == 0 ? "" : fmt::format(" (and {} more cannot be opened)", others),
                  not_compared.messages, not_compared.messages == 1 ? "" : "s"),
      "run the same command again when the server opens it"};
}

}  // namespace mboxferry::transfer
