// SPDX-License-Identifier: Apache-2.0
// Waiting that the user can end.
#pragma once

#include <chrono>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/base/time.h"

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

}  // namespace mboxferry::transfer
