// SPDX-License-Identifier: Apache-2.0
// UIDs that a server gave to different messages (docs/decisions/0057-refusals-that-store.md).
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"

namespace mboxferry::transfer {

/// The last UIDs that were given to messages of one mailbox. Any thread.
class GivenUids {
 public:
  /// False when the UID was given to a message of other content before. Servers that merge name
  /// that of an equal one, and some take what has the same Message-ID for equal.
  [[nodiscard]] bool note(imap::Uid uid, const journal::MessageRow& row);
  /// Begins anew with what the mailbox has already.
  void recall(std::span<const journal::MessageRow> stored);
  /// APPENDUID named `appended` where the mailbox was selected with another UIDVALIDITY. True when
  /// it has said so before: the mailbox was selected again since.
  [[nodiscard]] bool is_said_again(std::uint32_t selected, std::uint32_t appended);

 private:
  static constexpr std::size_t kMost = 256;
  struct Content {
    journal::Digest digest;
    std::int64_t message_id_hash = 0;
  };
  std::mutex mutex_;
  std::map<imap::Uid, Content> given_;
  std::size_t next_ = 0;  ///< in `order_`
  std::vector<imap::Uid> order_;
  std::optional<std::pair<std::uint32_t, std::uint32_t>> validities_;
};

/// Remembers in the journal that the server's UIDs name other messages than it says. True the first
/// time.
Result<bool> disbelieve_uids(journal::Journal& journal);
/// True after that, also in later runs.
Result<bool> are_uids_disbelieved(const journal::Journal& journal);
/// Forgets, once, what the mailbox was given before it was found out; content finds the messages.
Result<void> forget_false_uids(const journal::MailboxRow& mailbox, journal::Journal& journal);

}  // namespace mboxferry::transfer
