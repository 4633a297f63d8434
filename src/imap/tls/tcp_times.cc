// SPDX-License-Identifier: Apache-2.0
// TCP_INFO. The C library's header lacks these fields, and cannot be included beside the kernel's.
#include "imap/tls/tcp_times.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>

namespace mboxferry::imap {

std::optional<TcpTimes> tcp_times(int fd) {
  tcp_info info{};
  socklen_t length = sizeof info;
  if (fd < 0 || ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return {};
  constexpr std::size_t kNeeded =
      offsetof(tcp_info, tcpi_rwnd_limited) + sizeof info.tcpi_rwnd_limited;
  if (length < kNeeded) return {};
  return TcpTimes{std::chrono::microseconds(info.tcpi_busy_time),
                  std::chrono::microseconds(info.tcpi_rwnd_limited)};
}

}  // namespace mboxferry::imap
