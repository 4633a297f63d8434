// SPDX-License-Identifier: Apache-2.0
// Compares the ledger with the server.
#include <algorithm>
#include <limits>
#include <unordered_map>

#include "mboxferry/plan/message_plan.h"
#include "mboxferry/transfer/job.h"
#include "transfer/content_digest.h"
#include "transfer/mailboxes.h"
#include "transfer/reconcile.h"

namespace mboxferry::transfer {
namespace {

constexpr std::size_t kPage = 500;

Error interrupted() {
  return {ErrorCode::interrupted, "interrupted while verifying", "run the same command again"};
}

/// Verifies one selected mailbox, page by page of the ledger.
class MailboxVerifier {
 public:
  MailboxVerifier(const journal::MailboxRow& mailbox, const plan::FlagLimits& limits,
                  const std::unordered_map<journal::FolderId, std::string>& folders,
                  imap::ReadOnlyTarget& target, bool full, VerifyResult& result,
                  const DifferenceVisitor& visit)
      : mailbox_(mailbox),
        limits_(limits),
        folders_(folders),
        target_(target),
        full_(full),
        result_(result),
        visit_(visit) {}

  Result<void> add(const journal::MessageRow& row) {
    page_.push_back(row);
    return page_.size() < kPage ? ok() : compare_page(page_.back().uid);
  }

  /// The rest of the ledger, and what lies behind it on the server.
  Result<void> finish() { return compare_page(std::numeric_limits<imap::Uid>::max()); }

  void missing(const journal::MessageRow& row) {
    ++result_.checked;
    ++result_.missing;
    report(row, "missing");
  }

 private:
  Result<void> compare_page(imap::Uid last) {
    std::size_t next = 0;
    const imap::UidRange range{next_uid_, last};
    const auto visit = [&](const imap::FetchedMessage& fetched) -> Result<void> {
      while (next < page_.size() && page_[next].uid < fetched.uid) missing(page_[next++]);
      if (next < page_.size() && page_[next].uid == fetched.uid)
        compare(page_[next++], fetched);
      else
        unexpected(fetched.uid);
      return ok();
    };
    MBOXFERRY_TRY(target_.fetch(range, false, visit));
    while (next < page_.size()) missing(page_[next++]);
    if (full_) MBOXFERRY_TRY(compare_bodies());
    next_uid_ = last == std::numeric_limits<imap::Uid>::max() ? last : last + 1;
    page_.clear();
    good_.clear();
    return ok();
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
    if (what == nullptr) {
      if (full_) good_.push_back(&row);
      return;
    }
    ++result_.different;
    report(row, what);
  }

  Result<void> compare_bodies() {
    for (const journal::MessageRow* row : good_) {
      ContentDigest digest;
      MBOXFERRY_TRY(target_.fetch_body(row->uid, row->wire_size, [&](std::string_view bytes) {
        digest.update(bytes);
        return ok();
      }));
      if (digest.finish() == row->digest) continue;
      ++result_.different;
      report(*row, "content");
    }
    return ok();
  }

  void unexpected(imap::Uid uid) {
    if (uid < mailbox_.uid_floor) return;
    ++result_.unexpected;
    visit_({mailbox_.name, "", 0, uid, "unexpected"});
  }

  void report(const journal::MessageRow& row, const char* what) {
    const auto folder = folders_.find(row.folder);
    visit_(
        {mailbox_.name, folder == folders_.end() ? "" : folder->second, row.offset, row.uid, what});
  }

  const journal::MailboxRow& mailbox_;
  const plan::FlagLimits& limits_;
  const std::unordered_map<journal::FolderId, std::string>& folders_;
  imap::ReadOnlyTarget& target_;
  const bool full_;
  VerifyResult& result_;
  const DifferenceVisitor& visit_;
  std::vector<journal::MessageRow> page_;
  std::vector<const journal::MessageRow*> good_;
  imap::Uid next_uid_ = 1;
};

Result<void> verify_mailbox(const journal::MailboxRow& mailbox,
                            const std::unordered_map<journal::FolderId, std::string>& folders,
                            journal::Journal& journal, imap::ReadOnlyTarget& target, bool full,
                            VerifyResult& result, const DifferenceVisitor& visit,
                            const Cancellation& interrupt) {
  MBOXFERRY_ASSIGN(const journal::MailboxCounts counts, journal.counts(mailbox.id));
  if (counts.stored.messages == 0) return ok();
  const auto selected = target.select(mailbox.name);
  const bool gone = !selected && selected.error().scope == ErrorScope::mailbox;
  if (!selected && !gone) return Error(selected.error());
  const plan::FlagLimits limits =
      gone ? plan::FlagLimits{} : flag_limits(selected->permanent_flags);
  MailboxVerifier verifier(mailbox, limits, folders, target, full, result, visit);
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
    if (interrupt.requested()) return interrupted();
    return verifier.add(row);
  }));
  MBOXFERRY_TRY(verifier.finish());
  return journal.each(journal::State::stored, mailbox.id,
                      [&](const journal::MessageRow& row) -> Result<void> {
                        if (row.uid == 0) verifier.missing(row);
                        return ok();
                      });
}

}  // namespace

Result<VerifyResult> verify_job(journal::Journal& journal, imap::ReadOnlyTarget& target, bool full,
                                const DifferenceVisitor& visit, const Cancellation& interrupt) {
  VerifyResult result;
  std::unordered_map<journal::FolderId, std::string> folders;
  MBOXFERRY_ASSIGN(const auto folder_rows, journal.folders());
  for (const journal::FolderRow& folder : folder_rows) folders.emplace(folder.id, folder.path);
  MBOXFERRY_ASSIGN(const auto mailboxes, journal.mailboxes());
  for (const journal::MailboxRow& mailbox : mailboxes)
    MBOXFERRY_TRY(
        verify_mailbox(mailbox, folders, journal, target, full, result, visit, interrupt));
  return result;
}

}  // namespace mboxferry::transfer
