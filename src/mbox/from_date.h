// SPDX-License-Identifier: Apache-2.0
// The date at the end of a From_ line.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "mboxferry/base/time.h"

namespace mboxferry::mbox {

/// The most words a date may have; longer texts are no dates.
inline constexpr std::size_t kMaxDateWords = 14;

/// Reads a date that fills all of `words`: asctime with its variants (zones by name or number
/// before or after the year, a two-digit year, no seconds), RFC 822 and ISO 8601 dates, each with
/// an optional UUCP `remote from HOST` behind it. The zone is 0 when none is named.
std::optional<Timestamp> parse_from_date(std::span<const std::string_view> words);

/// True for `Mon`, `Monday` and the like, with or without a comma.
bool is_weekday(std::string_view word);

/// True for HH:MM and HH:MM:SS, and with `loose` also for H:MM.
bool is_time_of_day(std::string_view word, bool loose);

}  // namespace mboxferry::mbox
