// SPDX-License-Identifier: Apache-2.0
// Finds out which messages of a mailbox that the job did not store are copies of some that it did.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"

namespace mboxferry::transfer {

/// Of one mailbox. A copy has the size, the date and the content of a stored message. Only those
/// that agree in the first two are read back. Memory is bounded: of more suspects than kMost the
/// rest is not looked at.
class CopyFinder {
 public:
  static constexpr std::size_t kMost = 10'000;

  /// Takes a message that is not in the ledger; false when there are too many.
  bool suspect(const imap::FetchedMessage& message);

  /// Tells each suspect's UID with the stored message that it is a copy of, or null for one that is
  /// none. The mailbox is selected.
  using Visitor = std::function<void(imap::Uid uid, const journal::MessageRow* original)>;
  Result<void> look(journal::MailboxId mailbox, const journal::Journal& journal,
                    imap::ReadOnlyTarget& target, const Visitor& visit,
                    const Cancellation& interrupt);

 private:
  using Key = std::pair<std::uint64_t, std::int64_t>;  ///< size and date
  struct Group {
    std::vector<imap::Uid> suspects;
    std::map<journal::Digest, journal::MessageRow> originals;
  };
  Result<void> find_originals(journal::MailboxId mailbox, const journal::Journal& journal);

  std::map<Key, Group> groups_;
  std::size_t count_ = 0;
};

}  // namespace mboxferry::transfer
