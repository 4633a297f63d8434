// SPDX-License-Identifier: Apache-2.0
// How fast a server takes mail, measured with mail of our own before a job.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "mboxferry/base/time.h"
#include "mboxferry/imap/target.h"

namespace mboxferry::transfer {

/// What appending to the server costs on one connection.
struct Pace {
  double per_message = 0;  ///< seconds for one of the typical size; with a round trip where
                           ///< each message waits for one
  std::uint64_t typical_size = 0;
  double bytes_per_second = 0;  ///< of what is larger; above 0
  std::uint64_t messages = 0;   ///< that were stored to measure this, and removed
  std::uint64_t bytes = 0;
};

/// Creates a mailbox `mboxferry-probe-…`, appends a few messages of about `typical_size` bytes and
/// some large ones, and deletes the mailbox again. `round_trip`: seconds, as far as it is known.
/// `refusal` is set, and the pace is none, where the server refuses one of these; when the mailbox
/// could not be deleted, `left` names it. Errors: of the connection.
struct Probe {
  std::optional<Pace> pace;
  std::string refusal;  ///< in the server's words
  std::string left;
};
Result<Probe> probe(imap::Target& target, const imap::Namespace& name_space,
                    std::uint64_t typical_size, double round_trip, Clock& clock);

}  // namespace mboxferry::transfer
