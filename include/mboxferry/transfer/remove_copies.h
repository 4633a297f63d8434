// SPDX-License-Identifier: Apache-2.0
// Takes away what a job sent a second time.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "mboxferry/base/result.h"
#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"

namespace mboxferry::transfer {

/// A copy that verify_job() found and could prove to be the job's second sending.
struct ProvenCopy {
  std::string mailbox;
  journal::Uid uid = 0;      ///< of the copy
  journal::Uid copy_of = 0;  ///< of the message that the ledger knows
};

/// Removes the copies, each only while the message that it copies is still there. Returns how many
/// are gone. Errors: those of the target; a mailbox that was made anew since is `refused`.
Result<std::uint64_t> remove_copies(std::span<const ProvenCopy> copies,
                                    const journal::Journal& journal, imap::Target& target);

}  // namespace mboxferry::transfer
