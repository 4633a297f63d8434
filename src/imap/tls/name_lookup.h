// SPDX-License-Identifier: Apache-2.0
// Addresses of a host, without waiting for its name server for ever.
#pragma once

#include <netdb.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/base/handle.h"
#include "mboxferry/base/result.h"

namespace mboxferry::imap {

using Addresses = Handle<addrinfo, ::freeaddrinfo>;

/// Stream addresses in the resolver's order, at least one. getaddrinfo() cannot be ended, so it
/// runs on a thread that is left behind when the time is over or `interrupt` (may be null) was
/// requested. Errors: unavailable, interrupted.
Result<Addresses> look_up(const std::string& host, std::uint16_t port,
                          std::chrono::milliseconds timeout, const Cancellation* interrupt);

}  // namespace mboxferry::imap
