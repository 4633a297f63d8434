// SPDX-License-Identifier: Apache-2.0
// Messages that a mail program put into the text of another one, between two lines of its own.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace mboxferry::mbox {

/// Which pair of lines; an index into a table.
using Inclusion = std::size_t;

/// `text` ends just before an empty line. When its last line is one that begins an inclusion
/// ("----- Begin Included Message -----"), which one; otherwise nothing.
std::optional<Inclusion> inclusion_begun_by(std::string_view text);

/// Where the line that ends the inclusion begins in `text`, which begins inside of it; those that
/// are begun in `text` end before it. Nothing when there is none.
std::optional<std::size_t> inclusion_end(std::string_view text, Inclusion inclusion);

}  // namespace mboxferry::mbox
