// SPDX-License-Identifier: Apache-2.0
// Messages of a reconciliation and what was seen on the server: which is which?
#pragma once

#include <cstddef>
#include <cstdint>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"
#include "transfer/check/altered_mail.h"
#include "transfer/check/withheld_bodies.h"
#include "transfer/source/folder_readers.h"

namespace mboxferry::transfer {

/// Adds what the selected mailbox holds in that range to what was seen.
Result<void> add_seen(const imap::UidRange& range, bool just_selected, imap::ReadOnlyTarget& target,
                      journal::Journal& journal, const Cancellation& interrupt);

/// How messages and what was seen become pairs.
struct Matching {
  AlteredMail* altered = nullptr;    ///< null where another form counts as another message
  const ServerWays* ways = nullptr;  ///< null: nothing is known of the server
  /// Size, date and Message-ID are not enough: content decides, unless the server is known to
  /// change it (docs/decisions/0098-in-doubt-by-content.md).
  bool reads_certain = false;
  /// What cannot be read is noted here; may be null.
  WithheldBodies* withheld = nullptr;
  /// More than one saves round trips, and may read some for nothing.
  std::size_t bodies_at_once = 1;
};

/// Matches what was seen with what is in doubt; returns how many pairs were committed. What was
/// found until an error is committed, too.
Result<std::uint64_t> match(imap::ReadOnlyTarget& target, journal::Journal& journal,
                            const MaskedDigestOf& archived, const Matching& how,
                            const Cancellation& interrupt);

}  // namespace mboxferry::transfer
