// SPDX-License-Identifier: Apache-2.0
// Daily budgets.
#include "transfer/pace/daily_budget.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>

namespace mboxferry::transfer {
namespace {

std::string date_of(std::int64_t day) {
  return to_rfc3339({day * kSecondsOfDay, 0}).substr(0, std::string_view("YYYY-MM-DD").size());
}

/// Takes `prefix` and a number off the front of `text`.
std::optional<std::uint64_t> take_number(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return {};
  text.remove_prefix(prefix.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return {};
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

std::uint64_t rest(std::uint64_t limit, std::uint64_t used) {
  if (limit == 0) return std::numeric_limits<std::uint64_t>::max();
  return limit > used ? limit - used : 0;
}

}  // namespace

DailyBudget::DailyBudget(const RateLimits& limits, Clock& clock)
    : limits_(limits), clock_(clock), day_(clock.unix_seconds() / kSecondsOfDay) {}

void DailyBudget::resume(std::string_view note) {
  const std::scoped_lock lock(mutex_);
  follow_calendar();
  const std::string today = date_of(day_);
  if (!note.starts_with(today)) return;
  note.remove_prefix(today.size());
  const auto messages = take_number(note, " messages=");
  const auto bytes = take_number(note, " bytes=");
  if (messages && bytes) sent_ = {*messages, *bytes};
}

void DailyBudget::follow_calendar() {
  const std::int64_t today = clock_.unix_seconds() / kSecondsOfDay;
  if (today == day_) return;
  day_ = today;
  sent_ = {};
}

journal::Count DailyBudget::left() {
  const std::scoped_lock lock(mutex_);
  follow_calendar();
  return {rest(limits_.messages_per_day, sent_.messages), rest(limits_.bytes_per_day, sent_.bytes)};
}

Result<void> DailyBudget::book(std::uint64_t messages, std::uint64_t bytes) {
  const std::scoped_lock lock(mutex_);
  follow_calendar();
  if (messages == 1 && bytes > rest(limits_.bytes_per_day, 0))
    return Error{ErrorCode::configuration,
                 fmt::format("a message of {} bytes is larger than the {} bytes of a day", bytes,
                             limits_.bytes_per_day),
                 "raise --max-bytes-per-day"};
  if (messages > rest(limits_.messages_per_day, sent_.messages))
    return used_up(
        fmt::format("{} messages a day (--max-messages-per-day)", limits_.messages_per_day));
  if (bytes > rest(limits_.bytes_per_day, sent_.bytes))
    return used_up(fmt::format("{} bytes a day (--max-bytes-per-day)", limits_.bytes_per_day));
  sent_.messages += messages;
  sent_.bytes += bytes;
  changed_ = true;
  return ok();
}

Error DailyBudget::used_up(const std::string& budget) const {
  const std::int64_t midnight = (day_ + 1) * kSecondsOfDay;
  const std::chrono::seconds wait(midnight - clock_.unix_seconds());
  return {ErrorCode::try_later,
          fmt::format("the budget of {} is used up for today ({} messages, {} bytes sent)", budget,
                      sent_.messages, sent_.bytes),
          fmt::format("run the same command again after {} 00:00 UTC; it goes on where it stopped",
                      date_of(day_ + 1)),
          ErrorScope::job,
          {Retry::When::later, wait}};
}

std::string DailyBudget::text() const {
  return fmt::format("{} messages={} bytes={}", date_of(day_), sent_.messages, sent_.bytes);
}

std::optional<std::string> DailyBudget::note_due() {
  const std::scoped_lock lock(mutex_);
  if (!limits_.per_day() || !changed_) return {};
  changed_ = false;
  return text();
}

std::string DailyBudget::note() {
  const std::scoped_lock lock(mutex_);
  changed_ = false;
  return text();
}

}  // namespace mboxferry::transfer
