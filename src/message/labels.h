// SPDX-License-Identifier: Apache-2.0
// Gmail's label field: encoded words around comma-separated names.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mboxferry::message {

/// Decodes the encoded words of an unstructured field (RFC 2047, B and Q); words in a charset that
/// is_known_charset() does not know stay as they are written. White space between two words goes,
/// and a character may be split between two of the same charset, as some programs do. Other text
/// that is no UTF-8 is taken for ISO-8859-1, so the result is always UTF-8.
std::string decode_encoded_words(std::string_view text);

/// Splits at commas outside of double quotes; `""` within quotes is one quote. Blanks around a
/// name and empty names are left out. At most `most` names.
std::vector<std::string> split_labels(std::string_view text, std::size_t most);

}  // namespace mboxferry::message
