// SPDX-License-Identifier: Apache-2.0
// Mailbox names that only some connections can be told
// (docs/decisions/0044-names-for-everybody.md).
#pragma once

#include <string>
#include <string_view>

#include "imap/session/session.h"

namespace mboxferry::imap {

/// True when a name has characters outside of the Basic Multilingual Plane, such as emoji. Modified
/// UTF-7 writes each as two surrogates, which not every server that offers UTF8=ACCEPT can.
bool is_beyond_bmp(std::string_view name);

/// What came of making a mailbox on a connection that has not enabled UTF8=ACCEPT, and of listing
/// all mailboxes there.
struct PlainCreation {
  bool created = false;
  bool listed = false;
};
Result<PlainCreation> create_and_list(Session& plain, const std::string& mailbox);

/// Without a change: false when the server, on a connection that has not enabled UTF8=ACCEPT,
/// refuses to list a name that it does not have, or ends the connection.
Result<bool> can_list(Session& plain, const std::string& mailbox);

/// What CREATE of a name gives that other programs could not list.
Error not_for_everybody(const std::string& label, const std::string& mailbox);

}  // namespace mboxferry::imap
