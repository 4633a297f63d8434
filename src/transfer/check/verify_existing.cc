// SPDX-License-Identifier: Apache-2.0
// Page by page of the journal.
#include "transfer/check/verify_existing.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "transfer/check/body_digests.h"
#include "transfer/source/source_folders.h"

namespace mboxferry::transfer {
namespace {

constexpr std::size_t kExistingPage = 1000;
/// UIDs that are so near are asked for as one range.
constexpr imap::Uid kNear = 50;
/// As the journal calls what was there before the job.
constexpr const char* kAlreadyThere = "already-there";

class ExistingVerifier {
 public:
  ExistingVerifier(journal::Journal& journal, imap::ReadOnlyTarget& target,
                   const VerifyOptions& options, const DifferenceVisitor& visit,
                   VerifyResult& result, const Cancellation& interrupt)
      : journal_(journal),
        target_(target),
        options_(options),
        visit_(visit),
        result_(result),
        interrupt_(interrupt) {}

  Result<void> run() {
    MBOXFERRY_ASSIGN(const auto folders, journal_.folders());
    for (const journal::FolderRow& folder : folders) folders_.emplace(folder.id, folder.path);
    MBOXFERRY_ASSIGN(key_, content_key(journal_));
    MBOXFERRY_ASSIGN(const auto mailboxes, journal_.mailboxes());
    MBOXFERRY_ASSIGN(const journal::CountsByMailbox counts, journal_.counts_by_mailbox());
    for (const journal::MailboxRow& mailbox : mailboxes)
      if (counts_of(counts, mailbox.id).skipped.messages > 0) MBOXFERRY_TRY(verify(mailbox));
    if (not_opened_ == 0) return ok();
    return Error{
        ErrorCode::try_later,
        fmt::format("{}; {} message{} that {} there before the job could not be compared", refusal_,
                    not_opened_, not_opened_ == 1 ? "" : "s", not_opened_ == 1 ? "was" : "were"),
        "run the same command again when the server opens it"};
  }

 private:
  using Row = journal::MessageRow;

  Result<void> verify(const journal::MailboxRow& mailbox) {
    mailbox_ = &mailbox;
    is_open_ = Open::not_asked;
    std::vector<Row> page;
    const auto check = [&]() -> Result<void> {
      std::sort(page.begin(), page.end(),
                [](const Row& one, const Row& other) { return one.uid < other.uid; });
      const auto checked = page.empty() ? ok() : check_page(page);
      const bool refused = !checked && is_refusal_to_read(checked.error(), target_);
      if (!checked && !refused) return checked;
      if (refused) {
        not_opened_ += page.size();
        if (refusal_.empty()) refusal_ = fmt::format("{} ({})", checked.error().what, mailbox.name);
      }
      page.clear();
      return ok();
    };
    MBOXFERRY_TRY(
        journal_.each(journal::State::skipped, mailbox.id, [&](const Row& row) -> Result<void> {
          if (row.code != kAlreadyThere || row.uid == 0) return ok();
          page.push_back(row);
          return page.size() < kExistingPage ? ok() : check();
        }));
    return check();
  }

  Result<void> check_page(const std::vector<Row>& page) {
    if (interrupt_.requested()) return interrupted("interrupted while verifying");
    MBOXFERRY_TRY(open());
    if (is_open_ == Open::under_other_uids || is_open_ == Open::not_allowed) {
      (is_open_ == Open::not_allowed ? not_opened_ : result_.existing_unchecked) += page.size();
      return ok();
    }
    std::map<imap::Uid, std::uint64_t> sizes;
    if (is_open_ == Open::yes) {
      MBOXFERRY_ASSIGN(sizes, sizes_of(page));
    }
    std::vector<imap::WantedBody> bodies;
    std::map<imap::Uid, const Row*> by_uid;
    for (const Row& row : page) {
      ++result_.checked;
      ++result_.existing;
      const auto size = sizes.find(row.uid);
      if (size == sizes.end()) {
        missing(row);
        continue;
      }
      bodies.push_back({row.uid, size->second});
      by_uid.emplace(row.uid, &row);
    }
    return options_.full ? compare(bodies, by_uid) : ok();
  }

  Result<void> open() {
    if (is_open_ != Open::not_asked) return ok();
    const auto selected = target_.select(mailbox_->name);
    if (!selected && selected.error().scope != ErrorScope::mailbox) return Error(selected.error());
    if (!selected) {
      MBOXFERRY_ASSIGN(const auto listed, target_.list());
      const bool there =
          std::any_of(listed.begin(), listed.end(), [&](const imap::ListedMailbox& one) {
            return one.name == mailbox_->name && one.selectable;
          });
      is_open_ = there ? Open::not_allowed : Open::gone;
      if (there && refusal_.empty()) refusal_ = selected.error().what;
      return ok();
    }
    const bool same = selected->uid_validity == mailbox_->uid_validity && !mailbox_->renewed;
    is_open_ = same ? Open::yes : Open::under_other_uids;
    return ok();
  }

  /// What is not shown among others is asked for by itself.
  Result<std::map<imap::Uid, std::uint64_t>> sizes_of(const std::vector<Row>& page) {
    // What is not shown is there all the same.
    constexpr imap::WalkOptions kAll{.with_withheld = true};
    std::map<imap::Uid, std::uint64_t> sizes;
    const auto take = [&](const imap::FetchedMessage& fetched) -> Result<void> {
      sizes.emplace(fetched.uid, fetched.size);
      return ok();
    };
    for (std::size_t first = 0; first < page.size();) {
      std::size_t end = first + 1;
      while (end < page.size() && page[end].uid - page[end - 1].uid <= kNear) ++end;
      MBOXFERRY_TRY(target_.fetch({page[first].uid, page[end - 1].uid}, kAll, take));
      first = end;
    }
    for (const Row& row : page)
      if (!sizes.contains(row.uid)) MBOXFERRY_TRY(target_.fetch({row.uid, row.uid}, kAll, take));
    return sizes;
  }

  /// One of another size was taken for the same by its parts, of which the journal has no digest.
  Result<void> compare(const std::vector<imap::WantedBody>& bodies,
                       const std::map<imap::Uid, const Row*>& by_uid) {
    std::map<imap::Uid, std::uint64_t> size_of;
    for (const imap::WantedBody& body : bodies) size_of.emplace(body.uid, body.size);
    std::set<imap::Uid> unread;
    for (const auto& [uid, size] : size_of) unread.insert(uid);
    MBOXFERRY_TRY(digest_bodies(
        bodies, key_, target_,
        [&](imap::Uid uid, const BodyDigests& digests) -> Result<void> {
          unread.erase(uid);
          const Row& row = *by_uid.at(uid);
          if (row.digest == digests.content) return ok();
          if (row.wire_size != size_of.at(uid)) {
            ++result_.existing_in_other_form;
            return ok();
          }
          ++result_.different;
          tell(row, "content", Difference::Judgement::error);
          return ok();
        },
        interrupt_));
    MBOXFERRY_ASSIGN(const std::set<imap::Uid> gone, gone_of(unread, target_));
    for (const imap::Uid uid : gone) missing(*by_uid.at(uid));
    if (gone.size() == unread.size()) return ok();
    return Error{ErrorCode::refused,
                 fmt::format("{}: the server does not give the content of {} of the messages that "
                             "were there before the job",
                             target_.label(), unread.size() - gone.size()),
                 "", ErrorScope::mailbox};
  }

  /// It was there when the job looked: somebody has taken it away since.
  void missing(const Row& row) {
    ++(options_.strict ? result_.missing : result_.gone_since);
    tell(row, "missing",
         options_.strict ? Difference::Judgement::error : Difference::Judgement::gone_since);
  }

  void tell(const Row& row, const char* what, Difference::Judgement judgement) {
    Difference difference;
    difference.mailbox = mailbox_->name;
    difference.folder = folders_[row.folder];
    difference.offset = row.offset;
    difference.message = row;
    difference.uid = row.uid;
    difference.what = what;
    difference.judgement = judgement;
    difference.compared_before = true;
    visit_(difference);
  }

  enum class Open { not_asked, yes, gone, not_allowed, under_other_uids };

  journal::Journal& journal_;
  imap::ReadOnlyTarget& target_;
  const VerifyOptions& options_;
  const DifferenceVisitor& visit_;
  VerifyResult& result_;
  const Cancellation& interrupt_;
  std::unordered_map<journal::FolderId, std::string> folders_;
  ContentKey key_;
  const journal::MailboxRow* mailbox_ = nullptr;
  Open is_open_ = Open::not_asked;
  std::uint64_t not_opened_ = 0;  ///< messages of mailboxes that are there and were not opened
  std::string refusal_;           ///< the first of them, and what the server said
};

}  // namespace

bool is_refusal_to_read(const Error& error, const imap::ReadOnlyTarget& target) {
  return (error.code == ErrorCode::refused || error.code == ErrorCode::try_later) &&
         target.is_alive();
}

Error existing_not_compared(const std::string& account, std::uint64_t messages) {
  return {
      ErrorCode::try_later,
      fmt::format("{}: {} message{} there before the job cannot be compared, as the mailbox was "
                  "made anew since",
                  account, messages, messages == 1 ? " that was" : "s that were"),
      fmt::format("{}, which looks for them", kAnotherJobHint)};
}

Result<void> verify_existing(journal::Journal& journal, imap::ReadOnlyTarget& target,
                             const VerifyOptions& options, const DifferenceVisitor& visit,
                             VerifyResult& result, const Cancellation& interrupt) {
  return ExistingVerifier(journal, target, options, visit, result, interrupt).run();
}

}  // namespace mboxferry::transfer
