// SPDX-License-Identifier: Apache-2.0
// Mailbox names between UTF-8 and modified UTF-7 (RFC 3501 section 5.1.3).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mboxferry/base/result.h"

namespace mboxferry::imap {

/// The wire form of a UTF-8 name. Empty names, broken UTF-8 and control characters are errors of
/// scope mailbox.
Result<std::string> encode_mailbox_name(std::string_view utf8);

/// The UTF-8 name; none unless `wire` is exactly what encode_mailbox_name() gives for it.
std::optional<std::string> decode_mailbox_name(std::string_view wire);

/// A quoted string (RFC 3501 section 9): `"` and `\` escaped. `text` holds no CR, LF or NUL.
std::string quoted_string(std::string_view text);

}  // namespace mboxferry::imap
