// SPDX-License-Identifier: Apache-2.0
// Small questions about ASCII text and lines, independent of the locale.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "mboxferry/base/ascii.h"

namespace mboxferry::mbox {

constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }
constexpr bool is_line_end(char c) { return c == '\n' || c == '\r'; }

/// A line and where the next one begins, both relative to the text it was cut from.
struct Line {
  std::string_view text;      ///< without the line end
  std::size_t next;           ///< the text's size when no line follows
  bool has_line_end = false;  ///< false: the text ended before a line end was met
};

/// What a From_ line begins with.
inline constexpr std::string_view kFrom = "From ";

/// UTF-8's. Programs that join files leave it before later separators too.
inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// Where `From ` first occurs in `text`; npos when it does not. Much faster than a general search.
std::size_t find_from(std::string_view text);

/// Cuts the first line from `text`. A lone CR ends a line only when `lone_cr` says so.
Line first_line(std::string_view text, bool lone_cr);

}  // namespace mboxferry::mbox
