// SPDX-License-Identifier: Apache-2.0
// How fast a server takes mail, measured with mail of our own before a job.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mboxferry/base/result.h"
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

/// What a probe has to keep to.
struct ProbeBounds {
  double round_trip = 0;              ///< seconds, as far as it is known
  std::optional<std::uint64_t> room;  ///< bytes that may be stored at most; nothing: any number
};

/// Creates a mailbox `mboxferry-probe-…`, whose name tells when, appends a few messages of about
/// `typical_size` bytes and some large ones, and deletes the mailbox again. `refusal` is set, and
/// the pace is none, where the server refuses one of these or there is no room. `broken`: the
/// connection was lost on the way. When the mailbox could not be deleted, `left` names it.
struct Probe {
  std::optional<Pace> pace;
  std::string refusal;  ///< in the server's words
  std::optional<Error> broken;
  std::string left;
};
Result<Probe> probe(imap::Target& target, const imap::Namespace& name_space,
                    std::uint64_t typical_size, const ProbeBounds& bounds, Clock& clock);

/// Removes mailboxes that probes made an hour ago or longer and could not delete: those of such a
/// name that hold nothing but messages which name that mailbox in their Message-ID. Returns their
/// names. Which mailbox is selected then is unknown.
Result<std::vector<std::string>> remove_abandoned_probes(
    imap::Target& target, const imap::Namespace& name_space,
    const std::vector<imap::ListedMailbox>& listed, Clock& clock);

}  // namespace mboxferry::transfer
