// SPDX-License-Identifier: Apache-2.0
// Tag lists as DKIM defines them (RFC 6376 section 3.2), which DMARC records are.
#include "dmarc/tag_list.h"

#include <fmt/format.h>

#include <algorithm>

#include "mboxferry/base/ascii.h"

namespace mboxferry::dmarc {
namespace {

constexpr std::string_view kBlanks = " \t";

bool is_tag_name(std::string_view name) {
  return !name.empty() && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

}  // namespace

Piece trimmed(Piece piece) {
  const std::size_t first = std::min(piece.text.find_first_not_of(kBlanks), piece.text.size());
  piece.text.remove_prefix(first);
  piece.offset += first;
  piece.text = piece.text.substr(0, piece.text.find_last_not_of(kBlanks) + 1);
  return piece;
}

std::vector<Piece> split(Piece piece, char separator) {
  std::vector<Piece> pieces;
  for (;;) {
    const std::size_t end = piece.text.find(separator);
    pieces.push_back({piece.text.substr(0, end), piece.offset});
    if (end == std::string_view::npos) return pieces;
    piece.text.remove_prefix(end + 1);
    piece.offset += end + 1;
  }
}

std::vector<Tag> read_tags(std::string_view text, std::vector<Remark>& remarks) {
  std::vector<Tag> tags;
  for (const Piece& raw : split({text, 0}, ';')) {
    const Piece piece = trimmed(raw);
    if (piece.text.empty()) continue;
    const std::size_t equals = piece.text.find('=');
    const Piece name = trimmed({piece.text.substr(0, equals), piece.offset});
    if (equals == std::string_view::npos || !is_tag_name(name.text)) {
      remarks.push_back(
          {Remark::Level::error, piece.offset, "",
           fmt::format("'{}' is no tag; tags are NAME=VALUE, with a semicolon between "
                       "them",
                       piece.text.substr(0, 40))});
      continue;
    }
    const Piece value = trimmed({piece.text.substr(equals + 1), piece.offset + equals + 1});
    std::string small(name.text);
    std::transform(small.begin(), small.end(), small.begin(), to_lower);
    tags.push_back({std::move(small), std::string(value.text), name.offset, value.offset});
  }
  return tags;
}

}  // namespace mboxferry::dmarc
