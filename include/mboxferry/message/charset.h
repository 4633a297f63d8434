// SPDX-License-Identifier: Apache-2.0
// Text of other charsets as UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace mboxferry::message {

/// True for the charsets, by their MIME names, that this program takes from strangers: US-ASCII,
/// UTF-8, the ISO-8859, Windows, KOI8 and East Asian ones.
bool is_known_charset(std::string_view name);

/// `bytes` in a known charset as UTF-8; what is malformed becomes U+FFFD. Text that says that it is
/// UTF-8 or US-ASCII and is not is taken for ISO-8859-1, and so is text in an unknown charset.
std::string charset_to_utf8(std::string_view bytes, std::string_view charset);

}  // namespace mboxferry::message
