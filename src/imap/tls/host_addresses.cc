// SPDX-License-Identifier: Apache-2.0
// Whether two names are one host.
#include "mboxferry/imap/host_addresses.h"

#include <netinet/in.h>

#include <cstring>

#include "imap/tls/name_lookup.h"

namespace mboxferry::imap {
namespace {

template <typename Address>
std::string bytes_of(const Address& address) {
  std::string bytes(sizeof address, '\0');
  std::memcpy(bytes.data(), &address, sizeof address);
  return bytes;
}

}  // namespace

Result<std::vector<std::string>> host_addresses(const std::string& host,
                                                std::chrono::milliseconds timeout,
                                                const Cancellation& interrupt) {
  MBOXFERRY_ASSIGN(const Addresses found, look_up(host, 0, timeout, &interrupt));
  std::vector<std::string> addresses;
  for (const addrinfo* one = found.get(); one != nullptr; one = one->ai_next) {
    if (one->ai_family == AF_INET) {
      sockaddr_in four{};
      std::memcpy(&four, one->ai_addr, sizeof four);
      addresses.push_back(bytes_of(four.sin_addr));
    } else if (one->ai_family == AF_INET6) {
      sockaddr_in6 six{};
      std::memcpy(&six, one->ai_addr, sizeof six);
      addresses.push_back(bytes_of(six.sin6_addr));
    }
  }
  return addresses;
}

}  // namespace mboxferry::imap
