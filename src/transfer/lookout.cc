// SPDX-License-Identifier: Apache-2.0
// Asks for mailboxes before their turn.
#include "transfer/lookout.h"

#include <algorithm>

namespace mboxferry::transfer {
namespace {

constexpr std::size_t kAhead = 32;

}  // namespace

Result<void> Lookout::reach(std::size_t index) {
  if (index < asked_) return ok();
  std::vector<imap::Look> looks;
  asked_ = index;
  while (asked_ < mailboxes_.size() && looks.size() < kAhead) {
    const Mailbox& mailbox = mailboxes_[asked_];
    MBOXFERRY_ASSIGN(const bool few, has_few(mailbox));
    if (!few) break;
    looks.push_back({mailbox.row.name, std::max<imap::Uid>(mailbox.row.uid_floor, 1)});
    ++asked_;
  }
  return looks.empty() ? ok() : target_.look_ahead(looks);
}

Result<bool> Lookout::has_few(const Mailbox& mailbox) const {
  if (mailbox.stored > imap::kLookAheadUids) return false;
  // Messages without a UID are looked for in another way first.
  MBOXFERRY_ASSIGN(const journal::Journal::Doubt doubt, journal_.doubt(mailbox.row.id));
  return !doubt.stored_without_uid;
}

}  // namespace mboxferry::transfer
