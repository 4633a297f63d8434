// SPDX-License-Identifier: Apache-2.0
// How long a job will take, as far as that can be known before anything is sent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "mboxferry/imap/target.h"
#include "mboxferry/transfer/plan_job.h"
#include "transfer/plan/probe.h"

namespace mboxferry::transfer {

/// What a dry run has measured and counted.
struct EstimateFacts {
  journal::Count to_send;   ///< without what is refused beforehand
  double round_trip = 0;    ///< seconds, the shortest that was seen
  double connecting = 0;    ///< seconds until logged in
  double reading = 0;       ///< seconds that reading the archives took
  bool one_by_one = false;  ///< the server takes a message only when it has answered the last
  int connections = 1;      ///< at most
  RateLimits limits;
  std::optional<Pace> pace;  ///< as a probe has measured it
  std::string no_pace;       ///< why a probe has measured nothing
};

/// A range: nobody knows the line's speed upwards and how fast the server stores before mail is
/// sent. Between its ends lie a line of 1 to 100 MB/s and a server that needs 0 to 20 ms a message;
/// with a pace that was measured they are less than a factor of 3 apart. Limits of the job hold at
/// both ends.
TimeEstimate estimate_time(const EstimateFacts& facts);

}  // namespace mboxferry::transfer
