// SPDX-License-Identifier: Apache-2.0
// One connection of the ceiling: as little work as a client can do.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/rendered_commands.h"
#include "mboxferry/base/file.h"
#include "mboxferry/base/handle.h"
#include "mboxferry/base/result.h"

namespace mboxferry::bench {

/// Whom to log in, and where. User and password go as quoted strings, unchecked: they are our own.
struct Server {
  std::string host;
  std::uint16_t port = 993;
  std::string ca_file;  ///< PEM
  std::string user;
  std::string password;
};

/// An IMAP connection over TLS 1.3 that sends rendered commands. One thread at a time.
class ReplayConnection {
 public:
  /// Connects and logs in.
  static Result<ReplayConnection> open(const Server& server);

  /// Sends a command and waits for its end; NO is an error unless `may_fail`.
  Result<void> command(const std::string& words, bool may_fail = false);

  /// Sends what it takes from `mailboxes`, one after the other, with up to `window` commands
  /// unanswered. Replies are read while it writes. `select`: SELECT before each but the first,
  /// which the caller selects before the clock starts.
  Result<void> replay(const std::vector<MailboxCommands*>& mailboxes, std::size_t window,
                      bool select);

 private:
  explicit ReplayConnection(std::string place) : place_(std::move(place)) {}

  Result<void> secure(const Server& server);
  Result<void> send_all(MailboxCommands& commands, std::size_t window);
  Result<bool> write_some(std::string_view bytes, std::size_t& at);
  /// Waits for replies, or until writing is possible too, and takes in what came.
  Result<void> wait(bool writing);
  Result<void> take_replies();
  void take_line(std::string_view line);
  [[nodiscard]] Result<void> checked() const;
  [[nodiscard]] Error lost(std::string_view doing) const;

  std::string place_;
  FileDescriptor fd_;
  Handle<SSL_CTX, SSL_CTX_free> context_;
  Handle<SSL, SSL_free> ssl_;
  std::string partial_line_;
  std::vector<char> buffer_ = std::vector<char>(std::size_t{1} << 16U);
  std::string failed_;  ///< the first tagged NO or BAD
  std::size_t lines_ = 0;
  std::size_t answered_ = 0;  ///< tagged replies
  std::size_t go_ahead_ = 0;  ///< `+` replies
};

}  // namespace mboxferry::bench
