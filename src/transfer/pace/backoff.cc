// SPDX-License-Identifier: Apache-2.0
// Exponential backoff with jitter.
#include "transfer/pace/backoff.h"

#include <algorithm>
#include <memory>
#include <random>
#include <utility>

namespace mboxferry::transfer {
namespace {

using std::chrono::milliseconds;

double in_milliseconds(milliseconds duration) { return static_cast<double>(duration.count()); }

// Seeded at the first wait: most never wait, and asking the machine is slow on a virtual one.
Backoff::Random machine_random() {
  return [engine = std::shared_ptr<std::minstd_rand>()]() mutable {
    if (!engine) engine = std::make_shared<std::minstd_rand>(std::random_device{}());
    return std::uniform_real_distribution<double>()(*engine);
  };
}

}  // namespace

Backoff::Backoff(const Settings& settings, Random random)
    : settings_(settings),
      random_(random ? std::move(random) : machine_random()),
      ceiling_(in_milliseconds(settings.base)) {}

milliseconds Backoff::next(milliseconds suggested) {
  const double ceiling = std::min(ceiling_, in_milliseconds(settings_.cap));
  ceiling_ = ceiling * std::max(settings_.factor, 1.0);
  ++tries_;
  const double share = random_();
  const double wait =
      settings_.jitter == Jitter::full ? ceiling * share : ceiling * (1 + share) / 2;
  const double asked = suggested.count() > 0
                           ? in_milliseconds(suggested) + in_milliseconds(settings_.base) * share
                           : 0;
  return milliseconds(static_cast<milliseconds::rep>(std::max(wait, asked)));
}

void Backoff::reset() {
  ceiling_ = in_milliseconds(settings_.base);
  tries_ = 0;
}

}  // namespace mboxferry::transfer
