// SPDX-License-Identifier: Apache-2.0
// Looks back for a MIME delimiter and ahead for its next one.
#include "mbox/mime_part.h"

#include <cstring>

#include "mbox/text.h"

namespace mboxferry::mbox {
namespace {

constexpr int kMaxHeaderLines = 24;
constexpr std::size_t kMinBoundary = 4;
constexpr std::size_t kMaxBoundary = 200;
constexpr std::string_view kContent = "content-";

std::string_view pop_last_line(std::string_view& text) {
  if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  const std::size_t start = text.find_last_of("\r\n") + 1;  // npos + 1 is 0
  const std::string_view line = text.substr(start);
  text = text.substr(0, start);
  return line;
}

}  // namespace

std::string_view boundary_of_part_header(std::string_view text) {
  bool content_field = false;
  for (int i = 0; i < kMaxHeaderLines && !text.empty(); ++i) {
    std::string_view line = pop_last_line(text);
    if (line.starts_with("--") && content_field) {
      line.remove_prefix(2);
      while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
      const bool fits = line.size() >= kMinBoundary && line.size() <= kMaxBoundary;
      return fits ? line : std::string_view{};
    }
    if (line.empty()) return {};
    if (is_blank(line.front())) continue;
    if (line.size() <= kContent.size() ||
        !equals_ignoring_case(line.substr(0, kContent.size()), kContent) ||
        line.find(':') == std::string_view::npos) {
      return {};
    }
    content_field = true;
  }
  return {};
}

std::optional<std::size_t> next_delimiter(std::string_view text, std::string_view boundary) {
  const void* found = memmem(text.data(), text.size(), boundary.data(), boundary.size());
  if (found == nullptr) return std::nullopt;
  const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
  if (at < 3 || text.substr(at - 2, 2) != "--" || !is_line_end(text[at - 3])) return std::nullopt;
  return at - 2;
}

}  // namespace mboxferry::mbox
