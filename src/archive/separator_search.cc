// SPDX-License-Identifier: Apache-2.0
// Lines of a message file that may be an mbox.
#include "mboxferry/archive/separator_search.h"

#include <algorithm>

#include "archive/file_kind.h"
#include "mboxferry/base/ascii.h"

namespace mboxferry::archive {
namespace {

// More than a From_ line needs to show its time.
constexpr std::size_t kLineStart = 512;

constexpr std::string_view kFrom = "From ";

// What mmdf_to_mbox() puts before a message, and never leaves in one.
constexpr std::string_view kWithoutTime = "From -";

bool has_time_of_day(std::string_view line) {
  for (std::size_t colon = line.find(':'); colon != std::string_view::npos;
       colon = line.find(':', colon + 1)) {
    if (colon >= 2 && is_digit(line[colon - 1]) && is_digit(line[colon - 2]) &&
        colon + 2 < line.size() && is_digit(line[colon + 1]) && is_digit(line[colon + 2])) {
      return true;
    }
  }
  return false;
}

}  // namespace

void SeparatorSearch::end_line() {
  std::string_view line = line_;
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (before_ == Before::from_line && begins_with_field(line)) found_ = true;
  if (line.empty()) {
    before_ = Before::empty_line;
  } else if (before_ == Before::empty_line && line.starts_with(kFrom) &&
             (has_time_of_day(line) || line == kWithoutTime)) {
    before_ = Before::from_line;
    from_line_ = line;
    from_offset_ = line_begin_;
  } else {
    before_ = Before::text;
  }
  line_.clear();
}

// Most text has no such line. What its last lines are is known from its end then.
bool SeparatorSearch::pass_over(std::string_view text) {
  const bool may_be_from = line_.starts_with(kFrom) || (!line_.empty() && kFrom.starts_with(line_));
  if (before_ == Before::from_line || may_be_from || text.find(kFrom) != std::string_view::npos)
    return false;
  const std::size_t last = text.rfind('\n');
  if (last == std::string_view::npos) return false;
  std::size_t begin = text.rfind('\n', last == 0 ? 0 : last - 1);
  begin = last == 0 || begin == std::string_view::npos ? 0 : begin + 1;
  if (begin > 0) line_.clear();
  line_ += text.substr(begin, std::min(kLineStart, last - begin));
  end_line();
  line_ = text.substr(last + 1, kLineStart);
  line_begin_ = read_ + last + 1;
  read_ += text.size();
  return true;
}

void SeparatorSearch::add(std::string_view text) {
  if (found_ || pass_over(text)) return;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    line_ += text.substr(0, std::min(end, kLineStart - std::min(kLineStart, line_.size())));
    const std::size_t taken = std::min(end + 1, text.size());
    read_ += taken;
    if (end == text.size()) return;
    end_line();
    if (found_) return;
    line_begin_ = read_;
    text.remove_prefix(taken);
  }
}

}  // namespace mboxferry::archive
