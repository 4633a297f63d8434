// SPDX-License-Identifier: Apache-2.0
// Pairs of lines that mark an included message.
#include "mbox/inclusion.h"

#include <array>

#include "mbox/text.h"

namespace mboxferry::mbox {
namespace {

struct Marks {
  std::string_view begin;
  std::string_view end;
};
// Sun's mailtool and what followed it, Gnus and Emacs, MH and mailx.
constexpr std::array<Marks, 4> kMarks{{
    {"Begin Included Message", "End Included Message"},
    {"Begin Forwarded Message", "End Forwarded Message"},
    {"Start of forwarded message", "End of forwarded message"},
    {"Forwarded Message", "End of Forwarded Message"},
}};
constexpr std::size_t kLongestMark = 200;

bool is_rule(char c) { return c == '-' || is_blank(c) || is_line_end(c); }

// What stands between the dashes of a line; empty when it begins with none.
std::string_view marked_text(std::string_view line) {
  if (!line.starts_with('-') || line.size() > kLongestMark) return {};
  while (!line.empty() && is_rule(line.front())) line.remove_prefix(1);
  while (!line.empty() && is_rule(line.back())) line.remove_suffix(1);
  return line;
}

}  // namespace

std::optional<Inclusion> inclusion_begun_by(std::string_view text) {
  while (!text.empty() && is_line_end(text.back())) text.remove_suffix(1);
  const std::size_t end = text.find_last_of("\r\n");
  const std::string_view last = end == std::string_view::npos ? text : text.substr(end + 1);
  const std::string_view mark = marked_text(last);
  for (Inclusion i = 0; i < kMarks.size() && !mark.empty(); ++i) {
    if (equals_ignoring_case(mark, kMarks[i].begin)) return i;
  }
  return std::nullopt;
}

std::optional<std::size_t> inclusion_end(std::string_view text, Inclusion inclusion) {
  const Marks& marks = kMarks[inclusion];
  std::size_t depth = 1;
  for (std::size_t at = text.find("\n-"); at != std::string_view::npos; at = text.find("\n-", at)) {
    ++at;
    const std::string_view rest = text.substr(at, kLongestMark + 1);
    const std::string_view mark = marked_text(rest.substr(0, rest.find_first_of("\r\n")));
    if (mark.empty()) continue;
    if (equals_ignoring_case(mark, marks.begin)) ++depth;
    if (equals_ignoring_case(mark, marks.end) && --depth == 0) return at;
  }
  return std::nullopt;
}

}  // namespace mboxferry::mbox
