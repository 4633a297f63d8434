// SPDX-License-Identifier: Apache-2.0
// Base64.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mboxferry {

/// With padding (RFC 4648 section 4).
std::string base64(std::string_view bytes);

/// The alphabet for URLs and file names, without padding (RFC 4648 section 5).
std::string base64url(std::string_view bytes);

/// What base64() was made of; none when `text` is anything else. Padding must be there.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace mboxferry
