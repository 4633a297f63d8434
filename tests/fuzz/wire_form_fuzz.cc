// SPDX-License-Identifier: Apache-2.0
// Fuzz target: the streaming encoder against one that sees the whole message at once.
// The first byte of the input chooses the options, the second the sizes of the pieces.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mboxferry/message/mark_fields.h"
#include "mboxferry/message/wire_form.h"

namespace {

using mboxferry::message::FieldKind;
using mboxferry::message::WireEncoder;
using mboxferry::message::WireOptions;

struct Line {
  std::string content;
  bool ended = true;
  bool cut = false;  // ended by a CR that lost its LF
};

Line take_line(std::string_view& text, bool carriage_return_ends_line) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool last = i + 1 == text.size();
    std::size_t end_size = 0;
    bool cut = false;
    if (text[i] == '\n') {
      end_size = 1;
    } else if (text[i] == '\r' && !last && text[i + 1] == '\n') {
      end_size = 2;
    } else if (text[i] == '\r' && (carriage_return_ends_line || last)) {
      end_size = 1;
      cut = !carriage_return_ends_line;
    }
    if (end_size == 0) continue;
    Line line{std::string(text.substr(0, i)), true, cut};
    text.remove_prefix(i + end_size);
    return line;
  }
  Line line{std::string(text), false, false};
  text = {};
  return line;
}

bool begins_field_left_out(const std::string& line, const WireOptions& options) {
  const auto colon = line.find(':');
  if (colon == std::string::npos || colon > 64) return false;
  std::string name = line.substr(0, colon);
  for (const char c : name) {
    if (c != '\t' && (c < 32 || c > 126)) return false;
  }
  name.resize(name.find_last_not_of(" \t") + 1);
  const auto kind = mboxferry::message::kind_of_field(name);
  return kind == FieldKind::bookkeeping || (kind == FieldKind::mark && options.strip_marks);
}

struct Expected {
  std::string bytes;
  std::uint64_t quotes_removed = 0;
  bool final_line_end_added = false;
};

Expected encode_at_once(std::string_view text, const WireOptions& options) {
  Expected expected;
  bool in_header = true;
  bool dropping = false;
  while (!text.empty()) {
    Line line = take_line(text, options.carriage_return_ends_line);
    if (line.content.empty()) {
      in_header = dropping = false;
    } else if (in_header) {
      const bool folded = line.content[0] == ' ' || line.content[0] == '\t';
      if (!folded)
        dropping = options.strip_status_headers && begins_field_left_out(line.content, options);
    } else if (options.unquote && line.content[0] == '>') {
      const auto rest = line.content.find_first_not_of('>');
      if (rest != std::string::npos && line.content.compare(rest, 5, "From ") == 0) {
        line.content.erase(0, 1);
        ++expected.quotes_removed;
      }
    }
    if (dropping) continue;
    expected.bytes += line.content + "\r\n";
    expected.final_line_end_added = !line.ended || line.cut;
  }
  return expected;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  WireOptions options;
  options.carriage_return_ends_line = (data[0] & 1) != 0;
  options.unquote = (data[0] & 2) == 0;
  options.strip_status_headers = (data[0] & 4) != 0;
  options.strip_marks = (data[0] & 8) != 0;
  const std::size_t longest = data[1] % 64 + 1U;
  std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const Expected expected = encode_at_once(text, options);

  WireEncoder encoder(options);
  std::string bytes;
  const auto out = [&](std::string_view piece) {
    if (piece.empty()) std::abort();
    bytes += piece;
  };
  for (std::size_t piece = longest; !text.empty(); piece = piece % longest + 1) {
    const std::string copy(text.substr(0, piece));
    encoder.feed(copy, out);
    text.remove_prefix(copy.size());
  }
  encoder.finish(out);
  const bool right = bytes == expected.bytes && encoder.wire_size() == bytes.size() &&
                     encoder.quotes_removed() == expected.quotes_removed &&
                     encoder.final_line_end_added() == expected.final_line_end_added &&
                     encoder.has_nul() == (bytes.find('\0') != std::string::npos);
  if (!right) std::abort();
  return 0;
}
