// SPDX-License-Identifier: Apache-2.0
// Text in lines of a terminal's width.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mboxferry::cli {

/// What every terminal has.
constexpr std::size_t kHelpColumns = 80;

/// The words of `text` in lines of at most `columns` bytes; a longer word has a line of its own.
/// Line ends in `text` count as blanks. At least one line.
std::vector<std::string> wrapped(std::string_view text, std::size_t columns);

}  // namespace mboxferry::cli
