// SPDX-License-Identifier: Apache-2.0
// Reads the bytes of a message, and quotas.
#pragma once

#include <span>

#include "imap/session/connection.h"
#include "mboxferry/imap/target.h"

namespace mboxferry::imap {

/// A FETCH or SEARCH that was refused.
Error refused_fetch(const Connection& connection, const ReplyLine& reply);

/// True where a refused FETCH is a plea for patience. SERVERBUG is none: Dovecot says it of a
/// message that it cannot read.
bool pleads(const ReplyLine& reply);

/// A refusal to give messages. Unless it is a plea for patience it is about these messages.
Error refused_body(const Connection& connection, const ReplyLine& reply, ErrorScope scope);

/// See ReadOnlyTarget::fetch_body.
Result<void> fetch_message_body(Connection& connection, Uid uid, std::uint64_t size,
                                const ReadOnlyTarget::ByteVisitor& visit);

/// See ReadOnlyTarget::fetch_bodies.
Result<void> fetch_message_bodies(Connection& connection, std::span<const WantedBody> bodies,
                                  const ReadOnlyTarget::BodyVisitor& visit);

/// RFC 9208: the tightest STORAGE limit of the roots of `quoted_mailbox`.
Result<std::optional<Quota>> fetch_quota(Connection& connection, const std::string& quoted_mailbox);

}  // namespace mboxferry::imap
