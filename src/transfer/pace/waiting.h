// SPDX-License-Identifier: Apache-2.0
// Waiting that the user can end.
#pragma once

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/base/time.h"
#include "transfer/pace/tracker.h"

namespace mboxferry::transfer {

/// Waits; false when `interrupt` came first, which is looked up every 50 ms.
inline bool wait_unless(const Cancellation& interrupt, Clock& clock,
                        std::chrono::milliseconds wait) {
  constexpr std::chrono::milliseconds kStep{50};
  const auto until = clock.now() + wait;
  while (clock.now() < until) {
    if (interrupt.requested()) return false;
    clock.sleep(kStep);
  }
  return true;
}

/// The same, with the reason and the time left shown.
inline bool wait_unless(const Cancellation& interrupt, Clock& clock, std::chrono::milliseconds wait,
                        Tracker& tracker, std::string why) {
  constexpr std::chrono::milliseconds kStep{500};
  WaitNotice notice(tracker, std::move(why), wait);
  const auto until = clock.now() + wait;
  while (wait.count() > 0) {
    if (!wait_unless(interrupt, clock, std::min(wait, kStep))) return false;
    wait = std::chrono::ceil<std::chrono::milliseconds>(until - clock.now());
    notice.left(wait);
  }
  return true;
}

}  // namespace mboxferry::transfer
