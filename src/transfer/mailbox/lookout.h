// SPDX-License-Identifier: Apache-2.0
// Asks for mailboxes before their turn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"

namespace mboxferry::transfer {

/// Has mailboxes selected and read before their turn, so that round trips do not add up
/// (docs/decisions/0026-looking-ahead.md).
class Lookout {
 public:
  struct Mailbox {
    journal::MailboxRow row;
    std::uint64_t stored = 0;  ///< messages
  };

  Lookout(std::vector<Mailbox> mailboxes, const journal::Journal& journal,
          imap::ReadOnlyTarget& target)
      : mailboxes_(std::move(mailboxes)), journal_(journal), target_(target) {}

  [[nodiscard]] const std::vector<Mailbox>& mailboxes() const { return mailboxes_; }

  /// Call before mailbox `index` is looked at.
  Result<void> reach(std::size_t index);

 private:
  /// How many to ask for ahead; 0: it is better looked at when its turn comes.
  [[nodiscard]] Result<std::uint64_t> pages_of(const Mailbox& mailbox) const;

  const std::vector<Mailbox> mailboxes_;
  const journal::Journal& journal_;
  imap::ReadOnlyTarget& target_;
  std::size_t asked_ = 0;  ///< mailboxes before this one were asked for, or need not be
};

}  // namespace mboxferry::transfer
