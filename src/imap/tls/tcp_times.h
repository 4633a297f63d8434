// SPDX-License-Identifier: Apache-2.0
// What the kernel knows about a connection's waiting.
#pragma once

#include <chrono>
#include <optional>

namespace mboxferry::imap {

struct TcpTimes {
  std::chrono::microseconds busy{0};         ///< something to send, or not yet acknowledged
  std::chrono::microseconds window_shut{0};  ///< of that: the peer took nothing more
};

/// Since the connection was made. Nothing when the socket or the kernel cannot tell.
std::optional<TcpTimes> tcp_times(int fd);

}  // namespace mboxferry::imap
