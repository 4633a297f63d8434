// SPDX-License-Identifier: Apache-2.0
// Asks for mailboxes before their turn.
#include "transfer/mailbox/lookout.h"

#include <algorithm>

namespace mboxferry::transfer {
namespace {

constexpr std::size_t kMailboxesAhead = 32;
// The commands must find room on their way while the server answers the first of them.
constexpr std::size_t kPagesAhead = 64;
constexpr std::uint64_t kMostPages = 8;  // of a mailbox; a larger one is worth its round trips

}  // namespace

Result<void> Lookout::reach(std::size_t index) {
  if (index < asked_) return ok();
  std::vector<imap::Look> looks;
  asked_ = index;
  for (std::size_t asked = 0;
       asked_ < mailboxes_.size() && looks.size() < kMailboxesAhead && asked < kPagesAhead;
       ++asked_) {
    const Mailbox& mailbox = mailboxes_[asked_];
    MBOXFERRY_ASSIGN(const std::uint64_t pages, pages_of(mailbox));
    if (pages == 0) break;
    asked += pages;
    looks.push_back({mailbox.row.name, std::max<imap::Uid>(mailbox.row.uid_floor, 1), pages});
  }
  return looks.empty() ? ok() : target_.look_ahead(looks);
}

Result<std::uint64_t> Lookout::pages_of(const Mailbox& mailbox) const {
  const std::uint64_t pages = (mailbox.stored + imap::kLookAheadUids - 1) / imap::kLookAheadUids;
  if (pages > kMostPages) return 0;
  // Messages without a UID are looked for in another way first.
  MBOXFERRY_ASSIGN(const journal::Journal::Doubt doubt, journal_.doubt(mailbox.row.id));
  return doubt.stored_without_uid ? 0 : std::max<std::uint64_t>(pages, 1);
}

}  // namespace mboxferry::transfer
