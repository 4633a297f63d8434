// SPDX-License-Identifier: Apache-2.0
// The answers to SELECT, and to commands about a mailbox.
#pragma once

#include <string>
#include <string_view>

#include "imap/connection.h"
#include "mboxferry/imap/target.h"

namespace mboxferry::imap {

/// Waits for OK to the command with this tag. A NO is an error about `mailbox`, or about the
/// session where that is empty; anything else closes the connection. `doing` is for the error's
/// text.
Result<void> await_success(Connection& connection, std::string_view tag, const std::string& doing,
                           const std::string& mailbox, const Connection::Visitor& visit);

/// Waits for the answer to the SELECT of `mailbox` with this tag.
Result<SelectedMailbox> read_selection(Connection& connection, std::string_view tag,
                                       const std::string& mailbox);

}  // namespace mboxferry::imap
