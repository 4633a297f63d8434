// SPDX-License-Identifier: Apache-2.0
// How much of the time the network held a connection up.
#pragma once

#include <chrono>
#include <optional>

#include "mboxferry/imap/target.h"

namespace mboxferry::transfer {

/// From 0 to 1, of the time that passed between two looks at a connection.
struct WireShare {
  double network = 0;    ///< something was on its way, and the other end would have taken more
  double other_end = 0;  ///< it took nothing more; a relay or tunnel looks like that, too
};

/// Nothing where the kernel does not tell.
inline std::optional<WireShare> wire_share(const imap::WireUsage& from, const imap::WireUsage& to,
                                           std::chrono::steady_clock::duration passed) {
  if (!from.busy || !to.busy || !from.window_shut || !to.window_shut) return std::nullopt;
  const double seconds = std::chrono::duration<double>(passed).count();
  if (seconds <= 0) return std::nullopt;
  const auto share = [&](std::chrono::microseconds time) {
    return std::chrono::duration<double>(time).count() / seconds;
  };
  const auto shut = *to.window_shut - *from.window_shut;
  return WireShare{share(*to.busy - *from.busy - shut), share(shut)};
}

}  // namespace mboxferry::transfer
