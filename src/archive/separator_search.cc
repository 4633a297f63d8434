// SPDX-License-Identifier: Apache-2.0
// Lines of a message file that may be an mbox.
#include "archive/separator_search.h"

#include <algorithm>

#include "archive/file_kind.h"
#include "mboxferry/base/ascii.h"

namespace mboxferry::archive {
namespace {

// More than a From_ line needs to show its time.
constexpr std::size_t kLineStart = 512;

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
  } else if (before_ == Before::empty_line && line.starts_with("From ") &&
             (has_time_of_day(line) || line == kWithoutTime)) {
    before_ = Before::from_line;
  } else {
    before_ = Before::text;
  }
  line_.clear();
}

void SeparatorSearch::add(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    line_ += text.substr(0, std::min(end, kLineStart - std::min(kLineStart, line_.size())));
    if (end == text.size()) return;
    end_line();
    text.remove_prefix(end + 1);
  }
}

}  // namespace mboxferry::archive
