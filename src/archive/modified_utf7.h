// SPDX-License-Identifier: Apache-2.0
// Folder names as IMAP servers write them on disk.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mboxferry::archive {

/// Modified UTF-7 (RFC 3501 section 5.1.3) as UTF-8; nothing when `name` is none.
std::optional<std::string> decode_modified_utf7(std::string_view name);

}  // namespace mboxferry::archive
