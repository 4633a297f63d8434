// SPDX-License-Identifier: Apache-2.0
// "Please stop", said by a signal handler and heard by the job.
#pragma once

#include <atomic>
#include <string>
#include <utility>

#include "mboxferry/base/result.h"

namespace mboxferry {

/// Set once, read from any thread; safe to set from a signal handler.
class Cancellation {
 public:
  void request() noexcept { requested_.store(true, std::memory_order_relaxed); }
  [[nodiscard]] bool requested() const noexcept {
    return requested_.load(std::memory_order_relaxed);
  }

 private:
  static_assert(std::atomic<bool>::is_always_lock_free);
  std::atomic<bool> requested_{false};
};

/// `what`: what was interrupted, and where that leaves the job.
inline Error interrupted(std::string what) {
  return {ErrorCode::interrupted, std::move(what), "run the same command again to go on"};
}

}  // namespace mboxferry
