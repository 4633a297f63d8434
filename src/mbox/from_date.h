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

/// Whether an hour may have one digit. In a line that nothing else proves it may not: prose says
/// `9:15`, and Dovecot refuses it too. With AM or PM behind it, it always may.
enum class ShortHour { refused, allowed };

/// Reads a date that fills all of `words`: asctime with its variants (zones by name or number
/// before or after the year, a two-digit year, no seconds, AM and PM), RFC 822 and ISO 8601 dates,
/// with the names of months and weekdays that mboxferry/base/date_words.h knows, each with an
/// optional UUCP `remote from HOST` behind it. The zone is 0 when none is named.
std::optional<Timestamp> parse_from_date(std::span<const std::string_view> words,
                                         ShortHour short_hour = ShortHour::refused);

/// True for what begins like a time of the day: one or two digits, a colon, two digits.
bool looks_like_time(std::string_view word);

}  // namespace mboxferry::mbox
