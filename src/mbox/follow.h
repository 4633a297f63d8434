// SPDX-License-Identifier: Apache-2.0
// What stands behind a From_ line.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mboxferry::mbox {

/// What the lines behind a From_ line are.
enum class Follow {
  end_of_file,
  known_header,  ///< header fields, one of them with a name that mail uses
  header,        ///< a line that has the form of a header field
  from_line,     ///< one more From_ line
  empty_line,
  text,
};

/// How many bytes behind a From_ line are looked at, at most.
inline constexpr std::size_t kFollowBytes = 4096;

/// Judges the bytes behind a From_ line; `at_end` when the file ends with them.
Follow what_follows(std::string_view text, bool at_end, bool lone_cr);

/// Stricter than what_follows(): the first two lines are header fields with names that mail uses,
/// one may be folded.
bool begins_message(std::string_view text, bool lone_cr);

/// The value of a Content-Length header line.
std::optional<std::uint64_t> content_length(std::string_view line);

}  // namespace mboxferry::mbox
