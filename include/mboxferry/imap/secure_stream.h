// SPDX-License-Identifier: Apache-2.0
// The project's TLS stream for protocols other than IMAP.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "mboxferry/base/result.h"
#include "mboxferry/imap/account.h"

namespace mboxferry::imap {

/// A TCP connection that becomes TLS 1.2 or later, with the server's certificate verified as the
/// account says. One thread at a time.
class SecureStream {
 public:
  /// Connects only; `account` must outlive the stream. Until opened() is called, everything shares
  /// 30 s, or the timeout where that is shorter; later each read and write has the timeout.
  static Result<std::unique_ptr<SecureStream>> connect(const Account& account,
                                                       const ConnectionOptions& options);
  SecureStream() = default;
  SecureStream(const SecureStream&) = delete;
  SecureStream& operator=(const SecureStream&) = delete;
  virtual ~SecureStream() = default;

  [[nodiscard]] virtual const std::string& place() const = 0;
  virtual Result<std::size_t> read(std::span<char> buffer) = 0;
  virtual Result<void> write(std::string_view bytes) = 0;
  virtual bool readable_now() = 0;
  virtual Result<void> start_tls() = 0;
  virtual void opened() = 0;
  /// What binds a login to this TLS connection (RFC 9266); nothing where it has no such thing.
  [[nodiscard]] virtual std::optional<Secret> tls_exporter() const = 0;
};

}  // namespace mboxferry::imap
