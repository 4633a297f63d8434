// SPDX-License-Identifier: Apache-2.0
// Mailbox names between UTF-8 and the wire.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mboxferry/base/result.h"

namespace mboxferry::imap {

/// How names are said on the wire.
enum class NameForm {
  modified_utf7,  ///< RFC 3501 section 5.1.3
  utf8,           ///< once UTF8=ACCEPT is enabled (RFC 9755 section 3)
};

/// The wire form of a UTF-8 name. Empty names, broken UTF-8 and control characters, in UTF-8 also
/// line and paragraph separators, are errors of scope mailbox.
Result<std::string> encode_mailbox_name(std::string_view utf8, NameForm form);

/// The UTF-8 name; none unless `wire` is exactly what encode_mailbox_name() gives for it.
std::optional<std::string> decode_mailbox_name(std::string_view wire, NameForm form);

/// A quoted string (RFC 3501 section 9, RFC 9755 section 3): `"` and `\` escaped. `text` holds no
/// CR, LF or NUL.
std::string quoted_string(std::string_view text);

}  // namespace mboxferry::imap
