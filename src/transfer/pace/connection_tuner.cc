// SPDX-License-Identifier: Apache-2.0
// Trying one connection more.
#include "transfer/pace/connection_tuner.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <sstream>

namespace mboxferry::transfer {
namespace {

/// `MOST UNIX-SECONDS`: the limit and when it was met.
constexpr const char* kNote = "connections.most";
constexpr std::int64_t kDay = 24 * 3600;

using Seconds = std::chrono::duration<double>;

constexpr Seconds kFirstLook{0.2};
constexpr Seconds kWarmUp{0.25};
constexpr Seconds kWindow{0.6};
constexpr int kAnswers = 4;  // batches in a window, lest one commit decides
constexpr Seconds kTrySeldom{60};
constexpr double kWorthIt = 1.06;

}  // namespace

Result<void> note_connection_limit(int most, journal::Journal& journal, Clock& clock) {
  return journal.set_note(kNote, fmt::format("{} {}", most, clock.unix_seconds()));
}

Result<int> limited_connections(int wanted, const journal::Journal& journal, Clock& clock) {
  MBOXFERRY_ASSIGN(const auto note, journal.note(kNote));
  std::istringstream words(note.value_or(""));
  int most = 0;
  std::int64_t when = 0;
  const bool known = static_cast<bool>(words >> most >> when) && most > 0;
  const bool recent = known && clock.unix_seconds() - when < kDay;
  return recent ? std::min(wanted, most) : wanted;
}

void ConnectionTuner::limit(int most) {
  most_ = std::max(most, 1);
  wanted_ = std::min(wanted_, most_);
  before_ = 0;
}

void ConnectionTuner::begin_window(TimePoint now) {
  window_begin_ = now;
  in_window_ = {};
  answers_ = 0;
}

/// Messages cost the server, bytes cost the wire: the mean of both rates, so that a stretch of
/// large messages is not taken for a change.
double ConnectionTuner::rate(TimePoint now) const {
  const double seconds = std::max(Seconds(now - window_begin_).count(), 1e-6);
  return std::sqrt(static_cast<double>(in_window_.messages) *
                   static_cast<double>(in_window_.bytes)) /
         seconds;
}

void ConnectionTuner::stored(const journal::Count& count, int live, bool network_free,
                             TimePoint now) {
  if (fixed_ || most_ < 2) return;
  if (measured_with_ != live) {
    measured_with_ = live;
    warming_up_ = true;
    begin_window(now);
    return;
  }
  in_window_.messages += count.messages;
  in_window_.bytes += count.bytes;
  ++answers_;
  const Seconds passed = now - window_begin_;
  if (first_look_ && network_free && passed >= kFirstLook && answers_ >= kAnswers) {
    try_with(most_, rate(now));
    return begin_window(now);
  }
  if (warming_up_) {
    if (passed < kWarmUp) return;
    warming_up_ = false;
    return begin_window(now);
  }
  if (passed < kWindow || answers_ < kAnswers * live) return;
  judge(rate(now), now);
  begin_window(now);
}

void ConnectionTuner::judge(double rate, TimePoint now) {
  if (before_ > 0 && measured_with_ != wanted_) return;  // it has not come yet, or has gone
  if (before_ > 0) {
    const bool helped = rate > rate_before_ * kWorthIt;
    if (!helped) {
      wanted_ = before_;
      settled_ = true;
      settled_at_ = now;
    }
    before_ = 0;
    if (!helped) return;
  }
  if (settled_ && Seconds(now - settled_at_) < kTrySeldom) return;
  settled_ = false;
  if (wanted_ >= most_) return;
  // The second one tells most; when it helps, the rest come together.
  try_with(wanted_ == 1 ? 2 : most_, rate);
}

void ConnectionTuner::try_with(int connections, double rate) {
  first_look_ = false;
  before_ = wanted_;
  rate_before_ = rate;
  wanted_ = connections;
}

}  // namespace mboxferry::transfer
