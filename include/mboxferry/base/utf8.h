// SPDX-License-Identifier: Apache-2.0
// UTF-8, and what stands in where text turns out to be none.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mboxferry {

/// True for well-formed UTF-8 (RFC 3629 section 4): no overlong forms, no surrogates.
bool is_utf8(std::string_view text);

/// One code point of strict UTF-8, taken off `rest`; none, and nothing taken, if malformed.
std::optional<char32_t> take_code_point(std::string_view& rest);
void append_utf8(std::string& out, char32_t code_point);

/// ISO-8859-1 as UTF-8; every byte is a character there.
std::string latin1_to_utf8(std::string_view text);

/// The text itself when it is UTF-8, else the text taken for ISO-8859-1.
std::string to_utf8(std::string_view text);

}  // namespace mboxferry
