// SPDX-License-Identifier: Apache-2.0
// Batches that follow the server.
#include "transfer/pace/batch_pace.h"

#include <algorithm>
#include <cmath>

namespace mboxferry::transfer {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr Seconds kWantedService{1};
constexpr Seconds kSlowAnswer{5};
constexpr double kLeastShare = 1.0 / 1024;
constexpr std::size_t kAtFirst = 64;    // messages, when nothing is known
constexpr std::size_t kUnmeasured = 8;  // batches under way, likewise

}  // namespace

std::size_t BatchPace::messages() const {
  const auto share = static_cast<std::size_t>(static_cast<double>(most_.messages) * share_);
  return std::max(share, std::min(most_.messages, kAtFirst));
}

std::uint64_t BatchPace::bytes() const {
  return std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(static_cast<double>(most_.bytes) * share_));
}

std::size_t BatchPace::in_flight() const {
  if (!shortest_ || service_ <= Seconds::zero()) return std::min(kUnmeasured, most_.in_flight);
  const double covering = std::ceil(*shortest_ / service_);
  const auto wanted = 1 + static_cast<std::size_t>(std::clamp(covering, 1.0, 1000.0));
  return std::min(wanted, most_.in_flight);
}

void BatchPace::answered(std::size_t messages, std::uint64_t bytes, TimePoint begun,
                         TimePoint ended, TimePoint now) {
  const Seconds waited = now - ended;
  shortest_ = shortest_ ? std::min(*shortest_, waited) : waited;
  const Seconds service = now - std::max(begun, last_answer_.value_or(begun));
  last_answer_ = now;
  service_ = service_ == Seconds::zero() ? service : (service_ + service) / 2;
  if (waited > kSlowAnswer) return trouble();
  const double share = std::max(static_cast<double>(messages) / static_cast<double>(most_.messages),
                                static_cast<double>(bytes) / static_cast<double>(most_.bytes));
  // A short batch at the end of a folder says little about what a full one would take.
  if (share < share_ / 8) return;
  const double wanted = share * (kWantedService / std::max(service, Seconds(0.001)));
  share_ = std::clamp(wanted, share_ * 0.7, std::max(share_, share) * 4);
  share_ = std::clamp(share_, kLeastShare, 1.0);
}

void BatchPace::trouble() { share_ = std::max(share_ / 2, kLeastShare); }

}  // namespace mboxferry::transfer
