// SPDX-License-Identifier: Apache-2.0
// How much a From_ line proves by itself.
#pragma once

#include <optional>
#include <string_view>

#include "mboxferry/mbox/envelope.h"

namespace mboxferry::mbox {

/// What a From_ line is made of, weakest first. The weak forms occur in real folders and in
/// ordinary prose, so that they need more evidence around them.
enum class FromForm {
  prose,     ///< none of the forms: what is behind it is all that speaks for it
  unusual,   ///< a sender and a part of a date, or a number of seconds; parse_unusual_from_line()
  bare,      ///< `From ` and nothing else (Thunderbird)
  address,   ///< an address without a date (Gmail)
  exporter,  ///< `From - ` or `From ???@???` without a date
  vague,     ///< an address, a time and a year in an order that we do not know
  dated,     ///< a sender and a date
};

struct FromLine {
  Envelope envelope;
  FromForm form = FromForm::bare;
  bool has_patch_date = false;  ///< the one that git writes for every patch
  bool names_commit = false;    ///< that date, and a commit's name as the sender
};

/// The longest From_ line; longer lines are text.
inline constexpr std::size_t kMaxFromLine = 2048;

/// What is kept of a sender; an address has at most so many characters (RFC 3696).
inline constexpr std::size_t kMaxSender = 320;

/// Parses a line without its line end, `From ` included; nothing when it is prose.
std::optional<FromLine> parse_from_line(std::string_view line);

/// The same for lines that are hardly ever written: only where a header follows are they more than
/// prose. Its form is `unusual`.
std::optional<FromLine> parse_unusual_from_line(std::string_view line);

}  // namespace mboxferry::mbox
