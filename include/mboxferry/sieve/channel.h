// SPDX-License-Identifier: Apache-2.0
// The bytes to and from a ManageSieve server.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "mboxferry/base/result.h"
#include "mboxferry/base/secret.h"

namespace mboxferry::sieve {

/// A connection, in plain text until start_tls(). Waits are bounded by whoever makes it. After a
/// failure every call fails. One thread at a time.
class Channel {
 public:
  Channel() = default;
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  virtual ~Channel() = default;

  /// `host:port`, for messages.
  [[nodiscard]] virtual const std::string& place() const = 0;
  /// At least one byte, waiting for it.
  virtual Result<std::size_t> read(std::span<char> buffer) = 0;
  virtual Result<void> write(std::string_view bytes) = 0;
  /// True when read() would return at once.
  virtual bool readable_now() = 0;
  virtual Result<void> start_tls() = 0;
  /// The server has greeted and is secured: from now on it has the usual time for each answer.
  virtual void opened() = 0;
  /// What binds a login to its TLS connection (RFC 9266); nothing where it has no such thing.
  [[nodiscard]] virtual std::optional<Secret> tls_exporter() const { return {}; }
};

}  // namespace mboxferry::sieve
