// SPDX-License-Identifier: Apache-2.0
// Compares the ledger with the server.
#include <strings.h>

#include <algorithm>
#include <unordered_map>

#include "mboxferry/plan/message_plan.h"
#include "mboxferry/transfer/job.h"
#include "transfer/content_digest.h"
#include "transfer/copy_finder.h"
#include "transfer/lookout.h"
#include "transfer/mailboxes.h"
#include "transfer/reconcile.h"

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

/// Verifies one selected mailbox, page by page of the ledger.
class MailboxVerifier {
 public:
  /// `highest_uid`: what the server said is the last, or more.
  MailboxVerifier(const journal::MailboxRow& mailbox, const plan::FlagLimits& limits,
                  imap::Uid highest_uid,
                  const std::unordered_map<journal::FolderId, std::string>& folders,
                  journal::Journal& journal, imap::ReadOnlyTarget& target,
                  const std::optional<message::MacKey>& key, VerifyResult& result,
                  const DifferenceVisitor& visit)
      : mailbox_(mailbox),
        limits_(limits),
        highest_uid_(highest_uid),
        folders_(folders),
        target_(target),
        key_(key),
        result_(result),
        visit_(visit),
        copies_(mailbox.id, journal, target) {}

  Result<void> add(const journal::MessageRow& row) {
    page_.push_back(row);
    return page_.size() < kLedgerPage ? ok() : compare_page(page_.back().uid);
  }

  /// The rest of the ledger, and what lies behind it on the server.
  Result<void> finish(const Cancellation& interrupt) {
    MBOXFERRY_TRY(compare_page(imap::kLastUid));
    const auto tell = [this](const Stranger& stranger) {
      if (stranger.original == nullptr) return unexpected(stranger.uid);
      ++result_.unexpected;
      ++result_.twice;
      Difference difference = difference_of(*stranger.original, "twice", stranger.uid);
      difference.copy_of = stranger.original->uid;
      difference.provable = stranger.provable;
      visit_(difference);
    };
    return copies_.look(tell, interrupt);
  }

  void missing(const journal::MessageRow& row) {
    ++result_.checked;
    ++result_.missing;
    report(row, "missing", row.uid);
  }

 private:
  /// One walk goes through the mailbox beside the ledger. Bodies need the connection, so that with
  /// them each page has a walk of its own.
  Result<void> compare_page(imap::Uid last) {
    // A ledger that goes on behind the server's UIDNEXT is looked for all the same.
    const imap::Uid wanted = page_.empty() ? 0 : page_.back().uid;
    if (!walk_ || wanted > walked_to_) {
      MBOXFERRY_TRY(pass_rest());
      MBOXFERRY_TRY(begin_walk(key_ ? last : std::max(wanted, highest_uid_)));
    }
    for (const journal::MessageRow& row : page_) MBOXFERRY_TRY(compare_row(row));
    if (key_ || last == imap::kLastUid) {
      MBOXFERRY_TRY(pass_rest());
      walk_.reset();
    }
    if (key_) MBOXFERRY_TRY(compare_bodies());
    page_.clear();
    good_.clear();
    return ok();
  }

  Result<void> begin_walk(imap::Uid last) {
    imap::Uid first = walked_to_ == imap::kLastUid ? imap::kLastUid : walked_to_ + 1;
    // What was in the mailbox before the job is nobody's business here.
    if (walked_to_ == 0) {
      first = std::max<imap::Uid>(mailbox_.uid_floor, 1);
      if (!page_.empty()) first = std::min(first, page_.front().uid);
    }
    walk_.reset();
    MBOXFERRY_ASSIGN(walk_, target_.walk({first, last}, {.just_selected = walked_to_ == 0}));
    walked_to_ = last;
    return advance();
  }

  Result<void> advance() {
    MBOXFERRY_ASSIGN(fetched_, walk_->next());
    return ok();
  }

  Result<void> pass_rest() {
    while (fetched_) MBOXFERRY_TRY(pass_unexpected());
    return ok();
  }

  Result<void> pass_unexpected() {
    if (fetched_->uid >= mailbox_.uid_floor) MBOXFERRY_TRY(copies_.add(*fetched_));
    return advance();
  }

  Result<void> compare_row(const journal::MessageRow& row) {
    while (fetched_ && fetched_->uid < row.uid) MBOXFERRY_TRY(pass_unexpected());
    if (!fetched_ || fetched_->uid != row.uid) {
      missing(row);
      return ok();
    }
    compare(row, *fetched_);
    return advance();
  }

  void compare(const journal::MessageRow& row, const imap::FetchedMessage& fetched) {
    ++result_.checked;
    const char* what = nullptr;
    const plan::KeptFlags kept = plan::keep_flags(row.flags, row.keywords, limits_);
    // A reader may have set flags since; one that was lost is a difference.
    if (fetched.size != row.wire_size)
      what = "size";
    else if (fetched.internal_date.unix_seconds != row.date.unix_seconds)
      what = "internaldate";
    else if ((kept.flags & ~fetched.flags) != 0)
      what = "flags";
    else if (!has_all(fetched.keywords, kept.keywords))
      what = "keywords";
    if (what == nullptr) {
      if (key_) good_.push_back(&row);
      return;
    }
    ++result_.different;
    Difference difference = difference_of(row, what, row.uid);
    difference.flags = kept.flags;
    difference.keywords = kept.keywords;
    visit_(difference);
  }

  Result<void> compare_bodies() {
    for (const journal::MessageRow* row : good_) {
      ContentDigest digest(*key_);
      MBOXFERRY_TRY(target_.fetch_body(row->uid, row->wire_size, [&](std::string_view bytes) {
        digest.update(bytes);
        return ok();
      }));
      if (digest.finish() == row->digest) continue;
      ++result_.different;
      report(*row, "content", row->uid);
    }
    return ok();
  }

  void unexpected(imap::Uid uid) {
    ++result_.unexpected;
    visit_({mailbox_.name, "", 0, uid, "unexpected", 0, {}, 0, false});
  }

  Difference difference_of(const journal::MessageRow& row, const char* what, imap::Uid uid) const {
    const auto folder = folders_.find(row.folder);
    return {mailbox_.name,
            folder == folders_.end() ? "" : folder->second,
            row.offset,
            uid,
            what,
            0,
            {},
            0,
            false};
  }
  void report(const journal::MessageRow& row, const char* what, imap::Uid uid) {
    visit_(difference_of(row, what, uid));
  }

  const journal::MailboxRow& mailbox_;
  const plan::FlagLimits& limits_;
  const imap::Uid highest_uid_;
  const std::unordered_map<journal::FolderId, std::string>& folders_;
  imap::ReadOnlyTarget& target_;
  const std::optional<message::MacKey> key_;  ///< of the digests; set: bodies are compared too
  VerifyResult& result_;
  const DifferenceVisitor& visit_;
  CopyFinder copies_;
  std::vector<journal::MessageRow> page_;
  std::vector<const journal::MessageRow*> good_;
  std::unique_ptr<imap::MessageWalk> walk_;
  std::optional<imap::FetchedMessage> fetched_;  ///< the walk's message that is looked at
  imap::Uid walked_to_ = 0;                      ///< the end of that walk
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

Result<void> verify_mailbox(const journal::MailboxRow& mailbox,
                            const std::unordered_map<journal::FolderId, std::string>& folders,
                            journal::Journal& journal, imap::ReadOnlyTarget& target,
                            const std::optional<message::MacKey>& key, VerifyResult& result,
                            const DifferenceVisitor& visit, const Cancellation& interrupt) {
  const auto selected = target.select(mailbox.name);
  const bool gone = !selected && selected.error().scope == ErrorScope::mailbox;
  if (!selected && !gone) return Error(selected.error());
  const plan::FlagLimits limits =
      gone ? plan::FlagLimits{} : flag_limits(selected->permanent_flags);
  const imap::Uid highest_uid =
      gone || selected->uid_next == 0 ? imap::kLastUid : selected->uid_next - 1;
  MailboxVerifier verifier(mailbox, limits, highest_uid, folders, journal, target, key, result,
                           visit);
  // Another UIDVALIDITY means that the ledger's UIDs name nothing.
  if (gone || selected->uid_validity != mailbox.uid_validity) {
    return journal.each(journal::State::stored, mailbox.id,
                        [&](const journal::MessageRow& row) -> Result<void> {
                          verifier.missing(row);
                          return ok();
                        });
  }
  MBOXFERRY_TRY(identify_stored(mailbox, target, journal, interrupt));
  MBOXFERRY_TRY(journal.ledger(mailbox.id, [&](const journal::MessageRow& row) -> Result<void> {
    if (interrupt.requested()) return interrupted("interrupted while verifying");
    return verifier.add(row);
  }));
  MBOXFERRY_TRY(verifier.finish(interrupt));
  return journal.each(journal::State::stored, mailbox.id,
                      [&](const journal::MessageRow& row) -> Result<void> {
                        if (row.uid == 0) verifier.missing(row);
                        return ok();
                      });
}

}  // namespace

Result<VerifyResult> verify_job(journal::Journal& journal, imap::ReadOnlyTarget& target, bool full,
                                const DifferenceVisitor& visit, const Cancellation& interrupt) {
  MBOXFERRY_TRY(journal.index_mailboxes());
  VerifyResult result;
  std::optional<message::MacKey> key;
  if (full) {
    MBOXFERRY_ASSIGN(key, journal.digest_key());
  }
  std::unordered_map<journal::FolderId, std::string> folders;
  MBOXFERRY_ASSIGN(const auto folder_rows, journal.folders());
  for (const journal::FolderRow& folder : folder_rows) folders.emplace(folder.id, folder.path);
  MBOXFERRY_ASSIGN(auto mailboxes, mailboxes_to_verify(journal));
  Lookout lookout(std::move(mailboxes), journal, target);
  for (std::size_t i = 0; i < lookout.mailboxes().size(); ++i) {
    // Bodies are asked for between, which look ahead would only delay.
    if (!full) MBOXFERRY_TRY(lookout.reach(i));
    MBOXFERRY_TRY(verify_mailbox(lookout.mailboxes()[i].row, folders, journal, target, key, result,
                                 visit, interrupt));
  }
  return result;
}

}  // namespace mboxferry::transfer
