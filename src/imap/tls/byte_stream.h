// SPDX-License-Identifier: Apache-2.0
// The bytes to and from a server, as a connection sees them.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "mboxferry/base/result.h"
#include "mboxferry/base/secret.h"
#include "mboxferry/imap/target.h"

namespace mboxferry::imap {

/// One connection. After the first failure every call fails with the same error, except that bytes
/// received before it can still be read. TlsStream is the one that programs use; tests have others.
/// One thread at a time.
class ByteStream {
 public:
  ByteStream() = default;
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;
  virtual ~ByteStream() = default;

  /// `host:port`, for messages.
  [[nodiscard]] virtual const std::string& place() const = 0;
  /// At least one byte, waiting for it.
  virtual Result<std::size_t> read(std::span<char> buffer) = 0;
  /// All of `bytes`, which are given to the system before it returns.
  virtual Result<void> write(std::string_view bytes) = 0;
  /// True when read() would return at once, with bytes or with an error.
  virtual bool readable_now() = 0;
  /// A shorter or longer patience from now on.
  virtual void set_timeout(std::chrono::milliseconds timeout) = 0;
  /// An interrupt ends waits only when `idle` returns true. Without it, any wait.
  virtual void interrupt_when(std::function<bool()> /*idle*/) {}
  virtual void close() = 0;
  /// Closes for the reason given; later calls fail with it.
  virtual void fail(const Error& error) = 0;
  [[nodiscard]] virtual const std::optional<Error>& failure() const = 0;
  /// The waiting and the kernel's view; bytes are counted by whoever sends them.
  [[nodiscard]] virtual WireUsage usage() const = 0;
  /// The channel binding `tls-exporter` (RFC 9266), which TLS 1.3 has.
  [[nodiscard]] virtual std::optional<Secret> tls_exporter() const { return {}; }
};

}  // namespace mboxferry::imap
