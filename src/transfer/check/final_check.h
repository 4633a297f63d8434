// SPDX-License-Identifier: Apache-2.0
// The comparison at the end of a job.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/transfer/progress.h"
#include "mboxferry/transfer/verify.h"

namespace mboxferry::transfer {

/// A server that dies while it stores a message may keep the message and lose its keywords (Dovecot
/// with Maildir: `unknown-2`). What the final comparison finds of that is put back once.
class FlagRepair {
 public:
  /// True when it was taken: a message with keywords too few, and with the job's flags and no
  /// others, that no earlier run has compared. What was in order then, somebody has taken away;
  /// what was not, the server drops. With other flags it may be a copy of somebody else's that was
  /// taken for a message in doubt, whose flags are not the job's business.
  bool take(const Difference& difference);
  [[nodiscard]] bool empty() const { return lost_.empty(); }
  /// Adds what is missing, and returns to how many messages. Errors of the session only: what the
  /// server refuses is found by the comparison that follows.
  Result<std::uint64_t> put_back(imap::Target& target);

 private:
  static constexpr std::size_t kMost = 1000;  ///< more than that has another cause

  std::vector<Difference> lost_;  ///< by mailbox, as they were compared
};

/// Compares the ledger with the server as `options` say, puts flags back that the server has lost,
/// and tells the observer about every other difference. The journal keeps what was found in order,
/// so that a later run can tell what is gone since.
Result<VerifyResult> check_what_is_stored(journal::Journal& journal, imap::Target& target,
                                          const VerifyOptions& options, Observer& observer,
                                          const Cancellation& interrupt);

}  // namespace mboxferry::transfer
