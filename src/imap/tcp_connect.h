// SPDX-License-Identifier: Apache-2.0
// A TCP connection to the first address of a host that answers.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "mboxferry/base/file.h"
#include "mboxferry/base/result.h"

namespace mboxferry::imap {

/// Waits until `fd` is ready for one of `events` (poll). False when the time is over.
Result<bool> wait_ready(int fd, short events, std::chrono::milliseconds timeout);

/// Tries all addresses of `host` in the resolver's order. The socket is non-blocking, without
/// Nagle's delay and with keepalive.
Result<FileDescriptor> tcp_connect(const std::string& host, std::uint16_t port,
                                   std::chrono::milliseconds timeout);

/// Acknowledges what was received at once, not with the next bytes that are sent.
void acknowledge_now(int fd);

}  // namespace mboxferry::imap
