// SPDX-License-Identifier: Apache-2.0
// Characters of URLs written as %XX (RFC 3986 section 2.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mboxferry {

/// The bytes that `text` stands for; nothing when a `%` is not followed by two hex digits.
std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace mboxferry
