// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any bytes as a message of Apple Mail with parts taken out.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "archive/rebuilt_emlx.h"
#include "archive/stripped_parts.h"

namespace {

using mboxferry::archive::StrippedPart;
using mboxferry::archive::StrippedParts;

void require_sound(bool holds) {
  if (!holds) std::abort();
}

bool same(const StrippedPart& a, const StrippedPart& b) {
  return a.number == b.number && a.encoding == b.encoding && a.content_size == b.content_size &&
         a.field_begin == b.field_begin && a.field_end == b.field_end &&
         a.content_begin == b.content_begin && a.content_end == b.content_end;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  StrippedParts at_once;
  at_once.add(text);
  at_once.finish();
  std::uint64_t end = 0;
  for (const StrippedPart& part : at_once.parts()) {
    // They are in order, and nothing but line ends is taken for the place of their content.
    require_sound(end <= part.field_begin && part.field_begin < part.field_end);
    require_sound(part.field_end <= part.content_begin && part.content_begin <= part.content_end);
    require_sound(part.content_end <= size);
    const auto content = text.substr(part.content_begin, part.content_end - part.content_begin);
    require_sound(content.find_first_not_of("\r\n") == std::string_view::npos);
    end = part.content_end;
  }
  StrippedParts in_pieces;
  for (std::size_t at = 0; at < size; at += 7) in_pieces.add(text.substr(at, 7));
  in_pieces.finish();
  require_sound(std::equal(at_once.parts().begin(), at_once.parts().end(),
                           in_pieces.parts().begin(), in_pieces.parts().end(), same));
  require_sound(at_once.are_all() == in_pieces.are_all());
  mboxferry::archive::is_apple_attachment(text);
  return 0;
}
