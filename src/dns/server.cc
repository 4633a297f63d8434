// SPDX-License-Identifier: Apache-2.0
// Servers in text, and those of the system.
#include "mboxferry/dns/server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <resolv.h>

#include <array>
#include <charconv>
#include <memory>

namespace mboxferry::dns {
namespace {

struct CloseResolverState {
  void operator()(struct __res_state* state) const noexcept {
    ::res_nclose(state);
    delete state;
  }
};

template <typename Socket, typename Bits>
Server server_of(int family, const Bits& address, const Socket& port) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(family, &address, text.data(), text.size());
  return {text.data(), ntohs(port)};
}

}  // namespace

std::string Server::text() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

Result<Server> parse_server(std::string_view text) {
  const Error wrong{ErrorCode::usage, fmt::format("'{}' is not a name server", text.substr(0, 80)),
                    "write HOST, HOST:PORT or [ADDRESS]:PORT"};
  std::string_view host = text;
  std::string_view port;
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    if (end == std::string_view::npos) return wrong;
    port = host.substr(end + 1);
    host = host.substr(1, end - 1);
  } else if (const std::size_t colon = host.find(':'); colon == host.rfind(':')) {
    port = host.substr(std::min(colon, host.size()));
    host = host.substr(0, colon);
  }
  Server server{std::string(host), kDnsPort};
  if (!port.empty()) {
    const char* end = port.data() + port.size();
    const auto [stop, error] = std::from_chars(port.data() + 1, end, server.port);
    if (port.front() != ':' || error != std::errc() || stop != end || server.port == 0)
      return wrong;
  }
  const bool plain = host.find_first_not_of(
                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                         "0123456789.:-_%") == std::string_view::npos;
  if (host.empty() || !plain) return wrong;
  return server;
}

std::vector<Server> system_servers() {
  using State = struct __res_state;
  const std::unique_ptr<State, CloseResolverState> state(new State{});
  std::vector<Server> servers;
  if (::res_ninit(state.get()) != 0) return servers;
  for (int i = 0; i < state->nscount && i < MAXNS; ++i) {
    const sockaddr_in& four = state->nsaddr_list[i];
    const sockaddr_in6* six = state->_u._ext.nsaddrs[i];
    if (four.sin_family == AF_INET)
      servers.push_back(server_of(AF_INET, four.sin_addr, four.sin_port));
    else if (six != nullptr && six->sin6_family == AF_INET6)
      servers.push_back(server_of(AF_INET6, six->sin6_addr, six->sin6_port));
  }
  return servers;
}

}  // namespace mboxferry::dns
