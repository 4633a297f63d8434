// SPDX-License-Identifier: Apache-2.0
// Copies of stored messages.
#include "transfer/copy_finder.h"

#include <string_view>

#include "transfer/content_digest.h"

namespace mboxferry::transfer {
namespace {

// Different messages of one size and second; more of them than this are an archive of its own kind.
constexpr std::size_t kMostOriginals = 64;

}  // namespace

bool CopyFinder::suspect(const imap::FetchedMessage& message) {
  if (count_ == kMost) return false;
  ++count_;
  groups_[{message.size, message.internal_date.unix_seconds}].suspects.push_back(message.uid);
  return true;
}

Result<void> CopyFinder::find_originals(journal::MailboxId mailbox,
                                        const journal::Journal& journal) {
  return journal.each(journal::State::stored, mailbox,
                      [&](const journal::MessageRow& row) -> Result<void> {
                        const auto group = groups_.find({row.wire_size, row.date.unix_seconds});
                        if (group == groups_.end()) return ok();
                        auto& originals = group->second.originals;
                        if (originals.size() < kMostOriginals) originals.emplace(row.digest, row);
                        return ok();
                      });
}

Result<void> CopyFinder::look(journal::MailboxId mailbox, const journal::Journal& journal,
                              imap::ReadOnlyTarget& target, const Visitor& visit,
                              const Cancellation& interrupt) {
  if (groups_.empty()) return ok();
  MBOXFERRY_TRY(find_originals(mailbox, journal));
  MBOXFERRY_ASSIGN(const message::MacKey digest_key, journal.digest_key());
  for (const auto& [key, group] : groups_) {
    for (const imap::Uid uid : group.suspects) {
      if (interrupt.requested())
        return Error{ErrorCode::interrupted, "interrupted while verifying",
                     "run the same command again"};
      if (group.originals.empty()) {
        visit(uid, nullptr);
        continue;
      }
      ContentDigest digest(digest_key);
      MBOXFERRY_TRY(target.fetch_body(uid, key.first, [&](std::string_view bytes) {
        digest.update(bytes);
        return ok();
      }));
      const auto original = group.originals.find(digest.finish());
      visit(uid, original == group.originals.end() ? nullptr : &original->second);
    }
  }
  return ok();
}

}  // namespace mboxferry::transfer
