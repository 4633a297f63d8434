// SPDX-License-Identifier: Apache-2.0
// Whether two names are one host.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/base/result.h"

namespace mboxferry::imap {

/// The addresses of a host, as bytes that compare equal when the addresses do. Errors:
/// `unavailable`, `interrupted`.
Result<std::vector<std::string>> host_addresses(const std::string& host,
                                                std::chrono::milliseconds timeout,
                                                const Cancellation& interrupt);

}  // namespace mboxferry::imap
