// SPDX-License-Identifier: Apache-2.0
// The time between two connections.
#pragma once

#include <chrono>
#include <optional>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/base/time.h"
#include "mboxferry/transfer/settings.h"
#include "transfer/pace/backoff.h"
#include "transfer/pace/tracker.h"

namespace mboxferry::transfer {

/// How long a job keeps trying to connect beyond its first tries: JobSettings::retry_for once mail
/// was stored in this run.
std::chrono::milliseconds patience(const JobSettings& settings, const Tracker& tracker);

/// Failures in a row without progress between them. One thread.
class Outage {
 public:
  /// `tries`: how many of them are followed by another try in any case, but not after `longest`:
  /// JobSettings::retry_for, 0 for no such limit.
  Outage(int tries, std::chrono::milliseconds longest);

  /// There was progress after the last failure; the next wait is what the server asks for.
  void end();
  /// Says why the last connection ended, not at each of many, and waits. False when all tries are
  /// used up and the outage would last for longer than `patience`. An interrupt is an
  /// `interrupted` error.
  Result<bool> wait(const Error& error, std::chrono::milliseconds patience, Tracker& tracker,
                    Clock& clock, const Cancellation& interrupt);

 private:
  const int tries_;
  const std::chrono::milliseconds longest_;
  Backoff backoff_;
  bool progress_ = false;
  int failures_ = 0;
  std::optional<std::chrono::steady_clock::time_point> since_;
};

/// The error of a job that waited in vain: it goes on later.
Error given_up(Error error);

}  // namespace mboxferry::transfer
