// SPDX-License-Identifier: Apache-2.0
// Where a name server is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/base/result.h"

namespace mboxferry::dns {

inline constexpr std::uint16_t kDnsPort = 53;

/// A name server: a host name or an address, and a TCP port.
struct Server {
  std::string host;
  std::uint16_t port = kDnsPort;

  /// "host:port", with brackets around an IPv6 address.
  [[nodiscard]] std::string text() const;
  friend bool operator==(const Server&, const Server&) = default;
};

/// HOST, HOST:PORT or [ADDRESS]:PORT. Error `usage`, which repeats the text.
Result<Server> parse_server(std::string_view text);

/// The recursive servers that the system is set up with (resolv.conf(5)); none where there are
/// none.
std::vector<Server> system_servers();

}  // namespace mboxferry::dns
