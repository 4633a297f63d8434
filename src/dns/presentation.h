// SPDX-License-Identifier: Apache-2.0
// The words of a record in a zone file (RFC 1035 section 5.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/base/result.h"

namespace mboxferry::dns {

/// Takes one octet off `text`, which is not empty: a character, `\X` or `\DDD`. Nothing when a
/// backslash is followed by neither.
std::optional<char> take_octet(std::string_view& text);

/// All octets of a word; nothing as above.
std::optional<std::string> octets_of(std::string_view word);

/// `octets` in quotes, with escapes where they are needed.
std::string in_double_quotes(std::string_view octets);

/// The words of a record's data, without their quotes and with their escapes. Comments, brackets
/// and line ends have no place there: an error says so.
Result<std::vector<std::string>> words_of(std::string_view text);

}  // namespace mboxferry::dns
