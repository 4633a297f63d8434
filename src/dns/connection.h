// SPDX-License-Identifier: Apache-2.0
// DNS messages over TCP (RFC 7766). ldns's own sockets are not used: over UDP it takes an answer
// with another ID or question for its own.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/base/file.h"
#include "mboxferry/base/result.h"
#include "mboxferry/dns/server.h"

namespace mboxferry::dns {

/// How long a server is waited for, and what ends the waiting.
struct Patience {
  std::chrono::milliseconds timeout{10'000};  ///< of each connection, message and answer
  const Cancellation* interrupt = nullptr;    ///< may be null; outlives the use
};

/// One connection. One thread at a time. Errors: `unavailable`, `interrupted`.
class Connection {
 public:
  static Result<Connection> open(const Server& server, const Patience& patience);

  /// Fails before anything was sent, or after: what the server has got is not known then.
  Result<void> send(std::string_view message);
  /// At most 65,535 octets, as the length in front says.
  Result<std::string> receive();

 private:
  Connection(FileDescriptor socket, std::string place, const Patience& patience)
      : socket_(std::move(socket)), place_(std::move(place)), patience_(patience) {}

  Result<void> wait_until(short events, std::chrono::steady_clock::time_point deadline) const;
  Result<std::string> receive_octets(std::size_t count,
                                     std::chrono::steady_clock::time_point deadline);

  FileDescriptor socket_;
  std::string place_;
  Patience patience_;
};

}  // namespace mboxferry::dns
