// SPDX-License-Identifier: Apache-2.0
// Text from archives and servers made safe for a terminal, and numbers for people.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "mboxferry/base/human_bytes.h"

namespace mboxferry::report {

/// `text` with control characters, invalid UTF-8 and direction overrides as `\xHH` or `\uHHHH`,
/// so that nothing from outside can drive the terminal.
std::string printable(std::string_view text);

/// A character at the beginning of a text that drives a terminal or turns the direction of what
/// follows.
struct DrivingCharacter {
  char32_t character = 0;
  std::size_t length = 0;  ///< bytes; 0: there is none
};
DrivingCharacter driving_character(std::string_view text);

/// At most `columns` characters of printable text; a longer one ends with "...".
std::string shortened(std::string_view text, std::size_t columns);

/// The same with "..." in its middle: of a path or an account both ends say which one it is.
std::string shortened_in_middle(std::string_view text, std::size_t columns);

/// Stands for lines of any length.
inline constexpr std::size_t kAnyColumns = 0;

/// How many columns the terminal has that `descriptor` is; else what COLUMNS says, else any.
std::size_t columns_of(int descriptor);

using mboxferry::human_bytes;

/// "1 message", "3 messages".
std::string counted(std::uint64_t count, std::string_view singular);

/// "2h 05m", "4m 10s", "12s".
std::string human_duration(double seconds);

}  // namespace mboxferry::report
