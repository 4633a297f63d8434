// SPDX-License-Identifier: Apache-2.0
// What the comparison at the end of a run leaves in the journal about a mailbox.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mboxferry/journal/journal.h"

namespace mboxferry::transfer {

/// UIDs as ranges. Those that come in ascending order cost the least.
class UidSet {
 public:
  void add(journal::Uid uid);
  [[nodiscard]] bool contains(journal::Uid uid) const;
  [[nodiscard]] std::size_t ranges() const { return ranges_.size(); }
  /// "3,7:9", or "-" for none.
  [[nodiscard]] std::string to_text() const;
  /// False when `text` is something else.
  bool read(std::string_view text);

 private:
  std::vector<std::pair<journal::Uid, journal::Uid>> ranges_;  ///< ascending, none adjacent
};

/// What an earlier comparison found. UIDs only grow, so that one number says which messages it saw.
struct Compared {
  std::uint32_t uid_validity = 0;
  journal::Uid last = 0;  ///< the highest UID of the ledger then; 0: never compared
  UidSet not_in_order;    ///< of these, missing or different
  UidSet without_flags;   ///< and those that the server did not keep flags or keywords of

  /// The message was there and in order.
  [[nodiscard]] bool covers(journal::Uid uid) const {
    return uid != 0 && uid <= last && !not_in_order.contains(uid);
  }
  /// Empty when there is too much to be said.
  [[nodiscard]] std::string to_text() const;
};

/// The name of the note.
std::string compared_note(journal::MailboxId mailbox);

/// What the note says of the mailbox as the journal has it; nothing was compared when it speaks of
/// another UIDVALIDITY.
Result<Compared> compared_before(const journal::MailboxRow& mailbox,
                                 const journal::Journal& journal);

}  // namespace mboxferry::transfer
