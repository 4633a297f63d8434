// SPDX-License-Identifier: Apache-2.0
// Mailbox names that a server writes without the quotes they need.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mboxferry::imap {

/// The LIST line (with its line end) with the name at its end quoted, where a name that is neither
/// quoted nor a literal has spaces or other characters that no atom may have (Domino). Nothing
/// where it is not clear what the name is.
std::optional<std::string> with_quoted_name(std::string_view line);

}  // namespace mboxferry::imap
