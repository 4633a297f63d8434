// SPDX-License-Identifier: Apache-2.0
// Recognises the beginning of a MIME part, and where that part ends.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace mboxferry::mbox {

/// `text` ends just before an empty line. When its last lines are a MIME delimiter and the part's
/// Content- fields, the boundary is returned (RFC 2046 section 5.1.1), otherwise nothing.
std::string_view boundary_of_part_header(std::string_view text);

/// Where the next delimiter line of `boundary` begins in `text`. Nothing when there is none, or
/// when the boundary is declared again before it: then the message that opened it has ended.
std::optional<std::size_t> next_delimiter(std::string_view text, std::string_view boundary);

}  // namespace mboxferry::mbox
