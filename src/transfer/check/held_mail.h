// SPDX-License-Identifier: Apache-2.0
// What a mailbox held before a job, looked for among all that the job would send.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/transfer/content_key.h"

namespace mboxferry::transfer {

/// The messages of one mailbox by what they are known by; at most kMost of them.
class HeldMail {
 public:
  static constexpr std::uint64_t kMost = 10'000;

  /// Selects the mailbox and reads sizes, dates and Message-IDs of all that it holds.
  static Result<HeldMail> read(const std::string& mailbox, imap::ReadOnlyTarget& target);

  /// How many there are.
  [[nodiscard]] std::size_t size() const { return held_.size(); }

  /// How many of them are among the planned messages of the journal's mailbox, each counted once.
  /// Walks all of these, once. Bodies are read of those that have no Message-ID, as far as a few
  /// MiB go; the mailbox must still be selected. Mailbox 0 stands for all of them but `except`.
  Result<std::size_t> count_planned(journal::MailboxId mailbox, const journal::Journal& journal,
                                    imap::ReadOnlyTarget& target, const Cancellation& interrupt,
                                    journal::MailboxId except = 0);

 private:
  struct Held {
    std::int64_t message_id_hash = 0;
    std::uint64_t size = 0;
    std::int64_t date = 0;
    imap::Uid uid = 0;
    bool found = false;
    std::vector<journal::Digest> alike;    ///< of messages that it may be, if it has no Message-ID
    std::vector<journal::Digest> of_size;  ///< of those that have another date
  };
  void note(const journal::MessageRow& row);
  void note_of_size(const journal::MessageRow& row);
  Result<std::size_t> count_alike(const ContentKey& key, imap::ReadOnlyTarget& target,
                                  const Cancellation& interrupt);

  std::vector<Held> held_;  ///< ascending by message_id_hash, then by date
  /// Of those without a Message-ID: size and place in `held_`, ascending.
  std::vector<std::pair<std::uint64_t, std::size_t>> by_size_;
};

}  // namespace mboxferry::transfer
