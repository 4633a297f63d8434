// SPDX-License-Identifier: Apache-2.0
// Finds out which messages of a mailbox that the job did not store are copies of some that it did.
#pragma once

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/transfer/content_key.h"

namespace mboxferry::transfer {

/// A message outside of the ledger.
struct Stranger {
  imap::Uid uid = 0;
  const journal::MessageRow* original = nullptr;  ///< the stored message that it copies; or null
  bool provable = false;  ///< the same content, and the journal has sent that message again
};

/// Of one mailbox, which is selected on `target`. A copy has the Message-ID of a stored message and
/// its size or date, or, where neither has a Message-ID, both; then the content decides, or, where
/// the server alters mail, the Message-ID and the date. What was seen is kept in the journal's
/// scratch tables.
class CopyFinder {
 public:
  CopyFinder(journal::MailboxId mailbox, journal::Journal& journal, imap::ReadOnlyTarget& target)
      : mailbox_(mailbox), journal_(journal), target_(target) {}

  /// Takes a message that is not in the ledger.
  Result<void> add(const imap::FetchedMessage& message);
  [[nodiscard]] bool has_any() const { return begun_ || !page_.empty(); }
  /// Begins anew; from here on add() leaves out what the ledger has.
  Result<void> restart();

  /// Tells about each one added, ascending by UID. Once, after the last add().
  using Visitor = std::function<void(const Stranger&)>;
  Result<void> look(const Visitor& visit, const Cancellation& interrupt);

 private:
  using Suspect = journal::Journal::Suspect;

  Result<void> flush();
  Result<void> read_message_ids(std::vector<Suspect>& suspects);
  Result<bool> is_altered(const journal::MessageRow& original);
  Result<bool> is_altered_copy(const journal::Seen& seen, const journal::MessageRow& original);
  Result<std::int64_t> envelope_of_uid(imap::Uid uid, std::uint64_t size);
  Result<void> judge(const Suspect& suspect, const ContentKey& key, const Visitor& visit);

  const journal::MailboxId mailbox_;
  journal::Journal& journal_;
  imap::ReadOnlyTarget& target_;
  std::vector<journal::Seen> page_;
  bool begun_ = false;
  std::optional<std::pair<journal::MessageId, bool>> altered_;  ///< the last answer of is_altered
};

}  // namespace mboxferry::transfer
