// SPDX-License-Identifier: Apache-2.0
// The answers to SELECT, and to commands about a mailbox.
#pragma once

#include <string>
#include <string_view>

#include "imap/session/connection.h"
#include "mboxferry/imap/target.h"

namespace mboxferry::imap {

/// Waits for OK to the command with this tag. A refusal is an error about `mailbox`, or about the
/// session where that is empty; a BAD without a mailbox closes the connection unless it asks for
/// patience. `doing` is for the error's text. `configuration` means that no mailbox can have that
/// name (CANNOT, RFC 5530).
Result<void> await_success(Connection& connection, std::string_view tag, const std::string& doing,
                           const std::string& mailbox, const Connection::Visitor& visit);

/// What await_success() makes of a NO or BAD.
Error command_refused(Connection& connection, const ReplyLine& reply, const std::string& doing,
                      const std::string& mailbox);

/// Waits for the answer to the SELECT of `mailbox` with this tag.
Result<SelectedMailbox> read_selection(Connection& connection, std::string_view tag,
                                       const std::string& mailbox);

}  // namespace mboxferry::imap
