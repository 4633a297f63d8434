// SPDX-License-Identifier: Apache-2.0
// Messages of a reconciliation and what was seen on the server: which is which?
#pragma once

#include <cstddef>
#include <cstdint>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"
#include "transfer/altered_mail.h"
#include "transfer/folder_readers.h"

namespace mboxferry::transfer {

/// Adds what the selected mailbox holds in that range to what was seen.
Result<void> add_seen(const imap::UidRange& range, bool just_selected, imap::ReadOnlyTarget& target,
                      journal::Journal& journal, const Cancellation& interrupt);

/// How messages and what was seen become pairs.
struct Matching {
  AlteredMail* altered = nullptr;  ///< null where another form counts as another message
  bool alters = false;             ///< the server is known to store mail in another form
  /// Size, date and Message-ID are not enough: where the server keeps mail as it is, content
  /// decides (docs/decisions/0098-in-doubt-by-content.md).
  bool reads_certain = false;
  /// More than one saves round trips, and may read some for nothing.
  std::size_t bodies_at_once = 1;
};

/// Matches what was seen with what is in doubt; returns how many pairs were committed. What was
/// found until an error is committed, too.
Result<std::uint64_t> match(imap::ReadOnlyTarget& target, journal::Journal& journal,
                            const MaskedDigestOf& archived, const Matching& how,
                            const Cancellation& interrupt);

}  // namespace mboxferry::transfer
