// SPDX-License-Identifier: Apache-2.0
// What a SASL mechanism says, without the protocol that carries it (RFC 4422).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "mboxferry/base/result.h"
#include "mboxferry/base/secret.h"
#include "mboxferry/sasl/ways_to_log_in.h"

namespace mboxferry::sasl {

/// What the client says of channel binding (RFC 5802 section 6).
struct ScramBinding {
  bool server_offers_none = false;          ///< this side has it and the server does not
  std::optional<Secret> tls_exporter = {};  ///< used (RFC 9266)
};

/// One attempt. Messages are not base64 yet.
class Exchange {
 public:
  Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  virtual ~Exchange() = default;

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

/// Whom to log in.
struct LoginNames {
  std::string user;           ///< whose password it is
  std::string authorisation;  ///< whose mailboxes are wanted; empty: the same
};
/// `login_as`: empty, the name of an administrator (`admin`, beside the user's), or of a master
/// user behind a separator (`*admin`, which goes behind the user's).
LoginNames login_names(const std::string& user, const std::string& login_as);
/// True when no server can prepare them in a way of its own: SASLprep (RFC 4013) would change other
/// text than printable ASCII, and servers apply it, or another form, or none.
bool have_one_form(const LoginNames& names, const Secret& password);

/// The exchange of a way that sends or proves a password; any but login_command.
std::unique_ptr<Exchange> password_exchange(LoginWay way, const LoginNames& names,
                                            const Secret& password, ScramBinding binding);

/// That of one which sends a token. `host` and `port` are the server's, as OAUTHBEARER says them.
std::unique_ptr<Exchange> token_exchange(LoginWay way, std::string_view user, std::string_view host,
                                         std::uint16_t port, const Secret& token);

/// One string from parts, without copies left behind by growing.
std::string joined(std::initializer_list<std::string_view> parts);

}  // namespace mboxferry::sasl
