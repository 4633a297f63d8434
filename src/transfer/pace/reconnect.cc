// SPDX-License-Identifier: Apache-2.0
// Waiting for a better moment.
#include "transfer/pace/reconnect.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "transfer/pace/waiting.h"

namespace mboxferry::transfer {
namespace {

using std::chrono::milliseconds;

constexpr Backoff::Settings kBetweenConnections{milliseconds(500), 2, milliseconds(30'000),
                                                Backoff::Jitter::equal};

std::string rough(milliseconds duration) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(duration).count();
  if (seconds < 120) return fmt::format("{} s", seconds);
  if (seconds < 7200) return fmt::format("{} min", seconds / 60);
  return fmt::format("{} h", seconds / 3600);
}

bool is_power_of_two(int number) { return (number & (number - 1)) == 0; }

}  // namespace

milliseconds patience(const JobSettings& settings, const Tracker& tracker) {
  return tracker.snapshot().stored_now.messages > 0 ? settings.retry_for : milliseconds(0);
}

Outage::Outage(int tries, milliseconds longest)
    : tries_(tries), longest_(longest), backoff_(kBetweenConnections) {}

void Outage::end() {
  progress_ = true;
  failures_ = 0;
  since_.reset();
  backoff_.reset();
}

Result<bool> Outage::wait(const Error& error, milliseconds patience, Tracker& tracker, Clock& clock,
                          const Cancellation& interrupt) {
  const bool progress = std::exchange(progress_, false);
  if (!progress) ++failures_;
  const auto now = clock.now();
  since_ = since_.value_or(now);
  milliseconds wait = progress ? error.retry.after : backoff_.next(error.retry.after);
  const auto left = std::chrono::ceil<milliseconds>(*since_ + patience - now);
  if (longest_.count() > 0) {
    const auto all_left = std::chrono::ceil<milliseconds>(*since_ + longest_ - now);
    if (all_left.count() <= 0 || error.retry.after > all_left) return false;
    wait = std::min(wait, all_left);
  }
  if (failures_ > tries_ && wait > left) return false;
  const std::string limit = left > wait ? "; gives up in " + rough(left) : "";
  // An outage of an hour has over a hundred failures; the live view shows the wait at each.
  if (is_power_of_two(failures_)) {
    tracker.notice(fmt::format("{}; connecting again in {:.1f} s{}", error.what,
                               static_cast<double>(wait.count()) / 1000, limit));
  }
  if (wait_unless(interrupt, clock, wait, tracker, "to connect again" + limit)) return true;
  return interrupted("interrupted while waiting for the server");
}

Error given_up(Error error) {
  error.code = ErrorCode::try_later;
  error.hint = "the job is kept; run the same command again to go on";
  return error;
}

}  // namespace mboxferry::transfer
