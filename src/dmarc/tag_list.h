// SPDX-License-Identifier: Apache-2.0
// The `name=value;` pairs of a record.
#pragma once

#include <string_view>
#include <vector>

#include "mboxferry/dmarc/record.h"

namespace mboxferry::dmarc {

/// A piece of text and where it is in the whole.
struct Piece {
  std::string_view text;
  std::size_t offset = 0;
};

/// The piece without blanks and tabs at its ends.
Piece trimmed(Piece piece);

/// The pieces between `separator`; one more than there are separators.
std::vector<Piece> split(Piece piece, char separator);

/// The tags of `text`; what is none becomes a remark.
std::vector<Tag> read_tags(std::string_view text, std::vector<Remark>& remarks);

}  // namespace mboxferry::dmarc
