// SPDX-License-Identifier: Apache-2.0
// Waits on the loopback interface for the browser that comes back from a login (RFC 8252).
#pragma once

#include <cstdint>
#include <string>

#include "auth/redirect_request.h"
#include "mboxferry/auth/token_service.h"
#include "mboxferry/base/file.h"
#include "mboxferry/base/result.h"

namespace mboxferry::auth {

/// Listens on a free port of 127.0.0.1 until it is destroyed.
class RedirectListener {
 public:
  /// Error `unavailable`.
  static Result<RedirectListener> open();

  [[nodiscard]] std::uint16_t port() const { return port_; }

  /// Answers requests, one after the other and each within two seconds, until one of them ends the
  /// login; others get a 404. Errors: `interrupted`; `login_refused` after ten minutes or a hundred
  /// requests.
  Result<Redirect> wait(std::string_view path, std::string_view state,
                        const TokenService& service) const;

 private:
  RedirectListener(FileDescriptor socket, std::uint16_t port)
      : socket_(std::move(socket)), port_(port) {}

  FileDescriptor socket_;
  std::uint16_t port_;
};

}  // namespace mboxferry::auth
