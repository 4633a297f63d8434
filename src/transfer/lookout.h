// SPDX-License-Identifier: Apache-2.0
// Asks for mailboxes before their turn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"

namespace mboxferry::transfer {

/// Has mailboxes selected and read before their turn, where each holds so few messages that the
/// round trips would take most of the time (docs/decisions/0026-looking-ahead.md).
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
  [[nodiscard]] Result<bool> has_few(const Mailbox& mailbox) const;

  const std::vector<Mailbox> mailboxes_;
  const journal::Journal& journal_;
  imap::ReadOnlyTarget& target_;
  std::size_t asked_ = 0;  ///< mailboxes before this one were asked for, or need not be
};

}  // namespace mboxferry::transfer
