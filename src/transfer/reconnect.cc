// SPDX-License-Identifier: Apache-2.0
// Waiting for a better moment.
#include "transfer/reconnect.h"

#include <fmt/format.h>

#include "transfer/waiting.h"

namespace mboxferry::transfer {

Result<void> wait_for_reconnect(const Error& error, std::chrono::milliseconds wait,
                                Tracker& tracker, Clock& clock, const Cancellation& interrupt) {
  tracker.notice(fmt::format("{}; connecting again in {:.1f} s", error.what,
                             static_cast<double>(wait.count()) / 1000));
  if (wait_unless(interrupt, clock, wait, tracker, "to connect again")) return ok();
  return Error{ErrorCode::interrupted, "interrupted while waiting for the server",
               "run the same command again to go on"};
}

}  // namespace mboxferry::transfer
