// SPDX-License-Identifier: Apache-2.0
// A TCP connection to the first address of a host that answers.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/base/file.h"
#include "mboxferry/base/result.h"

namespace mboxferry::imap {

/// Waits until `fd` is ready for one of `events` (poll). False when the time is over, or soon after
/// `interrupt` was requested.
Result<bool> wait_ready(int fd, short events, std::chrono::milliseconds timeout,
                        const Cancellation* interrupt = nullptr);

/// Tries all addresses of `host` in the resolver's order, each a moment after the one before it
/// (RFC 8305), and takes the first that answers within `timeout`, which also bounds the search for
/// them. The socket is non-blocking, without Nagle's delay and with
/// keepalive. Errors: unavailable, interrupted.
Result<FileDescriptor> tcp_connect(const std::string& host, std::uint16_t port,
                                   std::chrono::milliseconds timeout,
                                   const Cancellation* interrupt = nullptr);

/// Acknowledges what was received at once, not with the next bytes that are sent.
void acknowledge_now(int fd);

}  // namespace mboxferry::imap
