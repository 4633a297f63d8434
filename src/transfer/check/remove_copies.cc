// SPDX-License-Identifier: Apache-2.0
// Removing copies, mailbox by mailbox.
#include "mboxferry/transfer/remove_copies.h"

#include <algorithm>

namespace mboxferry::transfer {
namespace {

Result<bool> is_there(imap::Uid uid, imap::Target& target) {
  bool found = false;
  MBOXFERRY_TRY(target.fetch({uid, uid}, {}, [&](const imap::FetchedMessage& fetched) {
    found = found || fetched.uid == uid;
    return ok();
  }));
  return found;
}

Result<void> select_as_known(const std::string& mailbox, const journal::Journal& journal,
                             imap::Target& target) {
  MBOXFERRY_ASSIGN(const auto rows, journal.mailboxes());
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const journal::MailboxRow& one) {
    return one.name == mailbox;
  });
  MBOXFERRY_ASSIGN(const imap::SelectedMailbox selected, target.select(mailbox));
  if (row != rows.end() && row->uid_validity == selected.uid_validity) return ok();
  return Error{ErrorCode::refused, target.label() + ": mailbox " + mailbox + " is not what it was",
               "nothing was removed from it; run mboxferry verify again"};
}

}  // namespace

Result<std::uint64_t> remove_copies(std::span<const ProvenCopy> copies,
                                    const journal::Journal& journal, imap::Target& target) {
  std::uint64_t removed = 0;
  std::string selected;
  for (const ProvenCopy& copy : copies) {
    if (copy.mailbox != selected) MBOXFERRY_TRY(select_as_known(copy.mailbox, journal, target));
    selected = copy.mailbox;
    // The owner may have removed one of the two meanwhile; the other must stay.
    MBOXFERRY_ASSIGN(const bool kept, is_there(copy.copy_of, target));
    MBOXFERRY_ASSIGN(const bool there, is_there(copy.uid, target));
    if (!kept || !there) continue;
    MBOXFERRY_TRY(target.expunge({&copy.uid, 1}));
    ++removed;
  }
  return removed;
}

}  // namespace mboxferry::transfer
