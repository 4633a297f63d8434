// SPDX-License-Identifier: Apache-2.0
// Keeps what is sent in a day within limits, over several runs of a job.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "mboxferry/base/result.h"
#include "mboxferry/base/time.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/transfer/rate_limits.h"

namespace mboxferry::transfer {

/// The journal's note of what was sent on which day: `YYYY-MM-DD messages=N bytes=N`.
inline constexpr const char* kSentTodayNote = "sent.today";

/// Counts what is begun on a day of UTC, whatever becomes of it. Shared by all connections of a
/// job. Any thread.
class DailyBudget {
 public:
  /// `clock` is not owned.
  DailyBudget(const RateLimits& limits, Clock& clock);

  /// Counts on from a note; one of another day, or one that cannot be read, counts for nothing.
  void resume(std::string_view note);

  /// How much may still be begun today; without a limit the largest number.
  [[nodiscard]] journal::Count left();
  /// To be asked before a batch is begun, and never within one: counts it. Errors: `try_later` of
  /// scope job when the rest of the day's budget does not hold it; `configuration` when a message
  /// alone is larger than a whole day's.
  Result<void> book(std::uint64_t messages, std::uint64_t bytes);

  /// What to note together with the intent of what was booked, so that no kill loses it; nothing
  /// without a daily limit or a change.
  std::optional<std::string> note_due();
  /// What to note when the job ends.
  [[nodiscard]] std::string note();

 private:
  void follow_calendar();
  [[nodiscard]] std::string text() const;
  [[nodiscard]] Error used_up(const std::string& budget) const;

  const RateLimits limits_;
  Clock& clock_;
  std::mutex mutex_;
  std::int64_t day_;  ///< since 1970-01-01
  journal::Count sent_;
  bool changed_ = false;
};

}  // namespace mboxferry::transfer
