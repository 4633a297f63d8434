// SPDX-License-Identifier: Apache-2.0
// The wait between two connections.
#pragma once

#include <chrono>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/base/time.h"
#include "transfer/backoff.h"
#include "transfer/tracker.h"

namespace mboxferry::transfer {

inline constexpr Backoff::Settings kBetweenConnections{
    std::chrono::milliseconds(500), 2, std::chrono::milliseconds(30'000), Backoff::Jitter::equal};

/// Says why the last connection ended and waits. An interrupt is an `interrupted` error.
Result<void> wait_for_reconnect(const Error& error, std::chrono::milliseconds wait,
                                Tracker& tracker, Clock& clock, const Cancellation& interrupt);

}  // namespace mboxferry::transfer
