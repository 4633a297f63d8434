// SPDX-License-Identifier: Apache-2.0
// Refused messages and the words that were said of them, from run to run
// (docs/decisions/0108-refusals-across-runs.md).
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "mboxferry/journal/journal.h"
#include "transfer/upload/blame.h"

namespace mboxferry::transfer {

/// What is known of messages that failed alone and are not decided yet, and of the words that
/// servers refuse messages with. A job's, kept in its journal; any thread.
class SuspectMemory {
 public:
  using Known = std::vector<std::pair<journal::MessageId, Blame::Evidence>>;

  /// Takes over what earlier runs have noted.
  Result<void> resume(const journal::Journal& journal);
  /// Those of earlier runs that are for the mailbox.
  [[nodiscard]] Known of_mailbox(journal::MailboxId mailbox) const;
  Result<void> note(journal::MailboxId mailbox, journal::MessageId id,
                    const Blame::Evidence& evidence, journal::Journal& journal);
  /// The message is decided.
  Result<void> forget(journal::MessageId id, journal::Journal& journal);

  /// A message was refused for good with these lasting words, while others passed.
  Result<void> refused(const std::string& words, journal::Journal& journal);
  /// One that they had been said of was taken after all: they say nothing of messages.
  Result<void> taken(const std::string& words, journal::Journal& journal);
  /// How many messages were refused for good with these words, where they were said of no message
  /// that was taken later.
  [[nodiscard]] std::uint64_t refused_with(const std::string& words) const;
  /// They were said of a message that was taken later.
  [[nodiscard]] bool were_taken(const std::string& words) const;

 private:
  struct Suspect {
    journal::MailboxId mailbox = 0;
    Blame::Evidence evidence;
  };
  struct Words {
    std::uint64_t refused = 0;
    bool taken = false;
  };
  template <typename Change>
  Result<void> change(const std::string& words, const Change& apply, journal::Journal& journal);

  mutable std::mutex mutex_;
  std::map<journal::MessageId, Suspect> suspects_;
  std::map<std::string, Words> words_;  ///< by a hash of them
};

}  // namespace mboxferry::transfer
