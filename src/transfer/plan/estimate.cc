// SPDX-License-Identifier: Apache-2.0
// The estimate of a dry run.
#include "transfer/plan/estimate.h"

#include <fmt/format.h>

#include <algorithm>

namespace mboxferry::transfer {
namespace {

constexpr double kFastLine = 100e6;  // bytes a second
constexpr double kSlowLine = 1e6;    // bytes a second
constexpr double kSlowStore = 0.02;  // seconds a message
// Several connections store faster than the one that measured, and a server that others use
// meanwhile more slowly.
constexpr double kFasterThanProbed = 1.7;
constexpr double kSlowerThanProbed = 1.75;

/// Seconds that the job's own limits take.
double limited(const journal::Count& to_send, const RateLimits& limits) {
  const auto messages = static_cast<double>(to_send.messages);
  const auto bytes = static_cast<double>(to_send.bytes);
  double seconds = 0;
  if (limits.messages_per_second > 0) seconds = messages / limits.messages_per_second;
  if (limits.bytes_per_second > 0)
    seconds = std::max(seconds, bytes / static_cast<double>(limits.bytes_per_second));
  // What fits into a day needs no second one.
  const auto more_days = [](std::uint64_t count, std::uint64_t a_day) {
    return a_day == 0 || count == 0 ? 0 : (count - 1) / a_day;
  };
  const std::uint64_t days = std::max(more_days(to_send.messages, limits.messages_per_day),
                                      more_days(to_send.bytes, limits.bytes_per_day));
  return std::max(seconds, static_cast<double>(days) * static_cast<double>(kSecondsOfDay));
}

TimeEstimate estimate_from_pace(const EstimateFacts& facts, const Pace& pace) {
  const double larger = std::max(
      0.0, static_cast<double>(facts.to_send.bytes) - static_cast<double>(facts.to_send.messages) *
                                                          static_cast<double>(pace.typical_size));
  const double sending = facts.connecting +
                         static_cast<double>(facts.to_send.messages) * pace.per_message +
                         larger / pace.bytes_per_second;
  const double limit = limited(facts.to_send, facts.limits);
  TimeEstimate estimate;
  // Archives are read while mail is sent.
  estimate.least_seconds = std::max({facts.reading, sending / kFasterThanProbed, limit});
  estimate.most_seconds = std::max({facts.reading, sending * kSlowerThanProbed, limit});
  estimate.line_measured = true;
  estimate.rests_on = fmt::format(
      "{} messages of our own ({:.1f} MB) that the server took and that were removed: {:.1f} ms "
      "for one of {} bytes and {:.1f} MB/s for what is larger, on one connection; {:.1f} s to read "
      "the archive{}",
      pace.messages, static_cast<double>(pace.bytes) / 1e6, pace.per_message * 1000,
      pace.typical_size, pace.bytes_per_second / 1e6, facts.reading,
      limit > 0 ? "; and the limits that are set" : "");
  return estimate;
}

}  // namespace

TimeEstimate estimate_time(const EstimateFacts& facts) {
  if (facts.pace) return estimate_from_pace(facts, *facts.pace);
  const auto messages = static_cast<double>(facts.to_send.messages);
  const auto bytes = static_cast<double>(facts.to_send.bytes);
  const double waits = facts.one_by_one ? messages * facts.round_trip : 0;
  const double limit = limited(facts.to_send, facts.limits);
  TimeEstimate estimate;
  estimate.least_seconds =
      std::max({facts.reading, bytes / kFastLine, waits / facts.connections, limit});
  estimate.most_seconds = std::max(
      facts.reading + bytes / kSlowLine + messages * (kSlowStore + facts.round_trip), limit);
  estimate.rests_on = fmt::format(
      "a round trip of {:.0f} ms and {:.1f} s to read the archive, both measured; assumed: a line "
      "of "
      "1 to 100 MB/s, and up to 20 ms of the server for a message{}{}",
      facts.round_trip * 1000, facts.reading, limit > 0 ? "; and the limits that are set" : "",
      facts.no_pace.empty() ? "" : "; nothing more could be measured: " + facts.no_pace);
  return estimate;
}

void TotalTime::add(const TimeEstimate& time, std::uint64_t bytes) {
  ++jobs_;
  bytes_ += static_cast<double>(bytes);
  sum_.least_seconds += time.least_seconds;
  sum_.most_seconds += time.most_seconds;
  longest_.least_seconds = std::max(longest_.least_seconds, time.least_seconds);
  longest_.most_seconds = std::max(longest_.most_seconds, time.most_seconds);
  if (!time.line_measured) bytes_over_unknown_line_ += static_cast<double>(bytes);
}

std::optional<TimeEstimate> TotalTime::with(int jobs_at_once) const {
  if (jobs_ == 0) return std::nullopt;
  TimeEstimate total;
  // However many are at work, the line is one.
  total.least_seconds =
      std::max({longest_.least_seconds, sum_.least_seconds / jobs_at_once, bytes_ / kFastLine});
  total.most_seconds = std::max({longest_.most_seconds, sum_.most_seconds / jobs_at_once,
                                 bytes_over_unknown_line_ / kSlowLine});
  total.rests_on =
      fmt::format("what was measured for each of {} accounts, {} at a time over one line{}", jobs_,
                  jobs_at_once,
                  bytes_over_unknown_line_ > 0
                      ? "; assumed: a line of 1 to 100 MB/s, and up to 20 ms of the server for a "
                        "message"
                      : "");
  return total;
}

}  // namespace mboxferry::transfer
