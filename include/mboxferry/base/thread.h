// SPDX-License-Identifier: Apache-2.0
// Threads that neither begin nor end with an exception.
#pragma once

#include <exception>
#include <thread>
#include <utility>

#include "mboxferry/base/result.h"

namespace mboxferry {

/// The exception that is being handled, as an `internal` error. To be called in a handler.
Error error_of_exception() noexcept;

/// The system does not allow another thread: `try_later`.
Error no_thread(const std::exception& why);

/// What `body` returns; what it throws is an error. For the main of a thread, where an exception
/// would end the process.
template <typename Body>
Result<void> guarded(const Body& body) {
  try {
    return body();
  } catch (...) {
    return error_of_exception();
  }
}

/// A thread that runs `body`, or the error of no_thread() when limits (RLIMIT_NPROC, pids.max) or
/// memory allow none. What `body` has captured is gone then.
template <typename Body>
Result<std::thread> start_thread(Body&& body) {
  try {
    return std::thread(std::forward<Body>(body));
  } catch (const std::exception& why) {
    return no_thread(why);
  }
}

}  // namespace mboxferry
