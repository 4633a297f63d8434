// SPDX-License-Identifier: Apache-2.0
// Dates of From_ lines against Date fields.
#include "mbox/clock_evidence.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <span>

#include "mbox/from_date.h"
#include "mbox/text.h"

namespace mboxferry::mbox {
namespace {

constexpr std::int64_t kDeliveryTime = 600;
constexpr std::int64_t kLongBefore = std::int64_t{14} * 86'400;

// "Date: Tue, 06 May 2014 10:20:30 +0200 (CEST)"
std::optional<Timestamp> date_field(std::string_view line) {
  constexpr std::string_view kName = "date:";
  if (line.size() < kName.size() || !equals_ignoring_case(line.substr(0, kName.size()), kName)) {
    return std::nullopt;
  }
  line.remove_prefix(kName.size());
  line = line.substr(0, line.find('('));
  std::array<std::string_view, kMaxDateWords> words;
  std::size_t count = 0;
  for (std::size_t at = 0; at < line.size() && count < words.size();) {
    if (is_blank(line[at]) || is_line_end(line[at])) {
      ++at;
      continue;
    }
    const std::size_t end = std::min(line.find_first_of(" \t\r\n", at), line.size());
    words[count++] = line.substr(at, end - at);
    at = end;
  }
  return parse_from_date(std::span(words).first(count), ShortHour::allowed);
}

}  // namespace

void ClockEvidence::begin_message(const std::optional<Timestamp>& envelope) {
  now_.reset();
  if (!envelope || !wants_more()) return;
  const std::int64_t seconds = envelope->unix_seconds;
  ++messages_;
  if (!before_) first_ = seconds;
  if (!before_ || (seconds >= *before_ && seconds - *before_ <= kSoon)) ++close_;
  before_ = now_ = seconds;
}

void ClockEvidence::header_line(std::string_view line) {
  if (!now_ || line.empty() || to_lower(line.front()) != 'd') return;
  const auto date = date_field(line);
  if (!date) return;
  const std::int64_t seconds = date->unix_seconds;
  if (*now_ - seconds >= kLongBefore) ++far_;
  if (std::abs(*now_ - seconds) > kDeliveryTime) ++apart_;
  earliest_ = dated_ == 0 ? seconds : std::min(earliest_, seconds);
  latest_ = dated_ == 0 ? seconds : std::max(latest_, seconds);
  ++dated_;
  now_.reset();
}

std::optional<FewDates> ClockEvidence::few() const {
  if (dated_ == 0 || messages_ >= kFewest) return std::nullopt;
  return FewDates{dated_, far_, first_, *before_, earliest_, latest_};
}

bool ClockEvidence::is_download() const {
  // A download may have paused now and then.
  return dated_ >= kFewest && far_ * 2 > dated_ && close_ * 20 >= messages_ * 19 &&
         latest_ - earliest_ >= kSpread;
}

}  // namespace mboxferry::mbox
