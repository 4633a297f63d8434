// SPDX-License-Identifier: Apache-2.0
// What a SASL mechanism says, without the protocol that carries it (RFC 4422).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "imap/scram.h"
#include "imap/ways_to_log_in.h"
#include "mboxferry/base/result.h"
#include "mboxferry/base/secret.h"

namespace mboxferry::imap {

/// One attempt. Messages are not base64 yet.
class SaslExchange {
 public:
  SaslExchange() = default;
  SaslExchange(const SaslExchange&) = delete;
  SaslExchange& operator=(const SaslExchange&) = delete;
  virtual ~SaslExchange() = default;

  /// What the client says first; nothing: the server begins.
  [[nodiscard]] virtual std::optional<Secret> initial() const = 0;
  /// The answer to a challenge, which is none where it is no base64 or too long. An error ends the
  /// exchange, and with it the connection.
  virtual Result<Secret> answer(const std::optional<std::string>& challenge) = 0;
  /// Asked when the server lets the client in: whether it may.
  [[nodiscard]] virtual Result<void> finish() const { return ok(); }
  /// What a challenge has told of a refusal, for a person; empty for nothing.
  [[nodiscard]] virtual std::string reason() const { return {}; }
};

/// Whom to log in, see Account::login_as.
struct LoginNames {
  std::string user;           ///< whose password it is
  std::string authorisation;  ///< whose mailboxes are wanted; empty: the same
};

/// The exchange of a way that sends or proves a password; any but login_command.
std::unique_ptr<SaslExchange> password_exchange(LoginWay way, const LoginNames& names,
                                                const Secret& password, ScramBinding binding);

/// That of one which sends a token. `host` and `port` are the server's, as OAUTHBEARER says them.
std::unique_ptr<SaslExchange> token_exchange(LoginWay way, std::string_view user,
                                             std::string_view host, std::uint16_t port,
                                             const Secret& token);

/// One string from parts, without copies left behind by growing.
std::string joined(std::initializer_list<std::string_view> parts);

}  // namespace mboxferry::imap
