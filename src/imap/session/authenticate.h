// SPDX-License-Identifier: Apache-2.0
// Carries a SASL exchange over IMAP (RFC 3501 section 6.2.2, RFC 4959).
#pragma once

#include <string_view>

#include "imap/session/connection.h"
#include "mboxferry/sasl/exchange.h"

namespace mboxferry::imap {

/// How a server ended an exchange.
struct AuthenticateEnd {
  ReplyLine reply;     ///< tagged; valid until the next reading
  int challenges = 0;  ///< so many were answered, the empty one for the first message aside
};

/// AUTHENTICATE, to the tagged reply. What the client says is hidden from traces and texts, and so
/// are challenges from traces. Data before the reply goes to `visit`. Errors: protocol, and those
/// of the connection.
Result<AuthenticateEnd> authenticate(Connection& connection, std::string_view mechanism,
                                     sasl::Exchange& exchange, const Connection::Visitor& visit);

}  // namespace mboxferry::imap
