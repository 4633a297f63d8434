// SPDX-License-Identifier: Apache-2.0
// Reads messages back: the facts of many, the bytes of one.
#pragma once

#include "imap/connection.h"
#include "mboxferry/imap/target.h"

namespace mboxferry::imap {

/// See ReadOnlyTarget::fetch. `visit` is called between commands, so it may use the connection.
Result<void> fetch_messages(Connection& connection, UidRange range, bool with_message_id,
                            const ReadOnlyTarget::FetchVisitor& visit);

/// See ReadOnlyTarget::fetch_body.
Result<void> fetch_message_body(Connection& connection, Uid uid, std::uint64_t size,
                                const ReadOnlyTarget::ByteVisitor& visit);

/// RFC 9208: the tightest STORAGE limit of the roots of `quoted_mailbox`.
Result<std::optional<Quota>> fetch_quota(Connection& connection, const std::string& quoted_mailbox);

}  // namespace mboxferry::imap
