// SPDX-License-Identifier: Apache-2.0
// How much a job may send in a second and in a day.
#pragma once

#include <cstdint>

namespace mboxferry::transfer {

/// 0 stands for no limit. Bytes are wire bytes of messages; a day is one of UTC.
struct RateLimits {
  double messages_per_second = 0;
  std::uint64_t bytes_per_second = 0;
  std::uint64_t messages_per_day = 0;
  std::uint64_t bytes_per_day = 0;
  std::uint64_t message_bytes = 0;  ///< larger messages are left out

  [[nodiscard]] bool per_second() const { return messages_per_second > 0 || bytes_per_second > 0; }
  [[nodiscard]] bool per_day() const { return messages_per_day > 0 || bytes_per_day > 0; }
};

}  // namespace mboxferry::transfer
