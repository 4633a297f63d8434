// SPDX-License-Identifier: Apache-2.0
// Small helpers for the words of mail protocols: ASCII case, splitting, and text fit for a
// terminal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mboxferry {

/// ASCII case is ignored, as IMAP's atoms want it.
bool same_word(std::string_view a, std::string_view b);
bool starts_with_word(std::string_view text, std::string_view prefix);
/// Position of `phrase` in `text` without regard to ASCII case, or npos.
std::size_t find_phrase(std::string_view text, std::string_view phrase);
std::string upper(std::string_view text);

/// Takes the part before the next `separator` off `rest`, which then starts behind it.
std::string_view take_word(std::string_view& rest, char separator = ' ');

/// A decimal number that is all of `digits`; none when empty, too big or anything else.
std::optional<std::uint64_t> parse_number(std::string_view digits);

/// `text` without control characters and broken UTF-8, at most about 300 bytes: what a server
/// says may be shown to a person.
std::string printable(std::string_view text);

/// The first `most` bytes of `text`, with `?` for all that is not printable ASCII.
std::string printable_ascii(std::string_view text, std::size_t most = 300);

}  // namespace mboxferry
