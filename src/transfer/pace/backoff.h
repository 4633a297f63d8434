// SPDX-License-Identifier: Apache-2.0
// How long to wait before the next try.
#pragma once

#include <chrono>
#include <functional>

namespace mboxferry::transfer {

/// Exponential backoff with jitter: each wait is drawn below a ceiling that grows by a factor with
/// every try, so that clients that failed together do not come back together. One thread.
class Backoff {
 public:
  enum class Jitter {
    equal,  ///< between half the ceiling and the ceiling
    full,   ///< between nothing and the ceiling
  };
  struct Settings {
    std::chrono::milliseconds base{500};    ///< the ceiling of the first wait
    double factor = 2;                      ///< at least 1
    std::chrono::milliseconds cap{30'000};  ///< the highest ceiling
    Jitter jitter = Jitter::equal;
  };
  using Random = std::function<double()>;  ///< uniform in [0, 1)

  /// Without `random` the machine's.
  explicit Backoff(const Settings& settings, Random random = {});

  /// The wait before the next try. What a server `suggested` is never undercut, not even by the
  /// cap; up to `base` comes on top of it.
  std::chrono::milliseconds next(std::chrono::milliseconds suggested = {});
  /// How many waits there were since the last success.
  [[nodiscard]] int tries() const { return tries_; }
  /// After a success.
  void reset();

 private:
  Settings settings_;
  Random random_;
  double ceiling_;
  int tries_ = 0;
};

}  // namespace mboxferry::transfer
