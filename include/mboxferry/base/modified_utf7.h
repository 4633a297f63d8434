// SPDX-License-Identifier: Apache-2.0
// Mailbox names as IMAP servers write them, on the wire and on disk.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mboxferry {

/// Well-formed UTF-8 as modified UTF-7 (RFC 3501 section 5.1.3).
std::string to_modified_utf7(std::string_view utf8);

/// Modified UTF-7 as UTF-8; nothing when `name` is none. Characters that could stand for themselves
/// may be spelled in base64.
std::optional<std::string> from_modified_utf7(std::string_view name);

}  // namespace mboxferry
