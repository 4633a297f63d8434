// SPDX-License-Identifier: Apache-2.0
// Flag names, keywords and the choice of INTERNALDATE.
#include "mboxferry/message/metadata.h"

#include <array>

#include "message/ascii.h"

namespace mboxferry::message {
namespace {

struct FlagName {
  Flag flag;
  std::string_view name;
};
constexpr std::array<FlagName, 5> kFlagNames{{{kSeen, "\\Seen"},
                                              {kAnswered, "\\Answered"},
                                              {kFlagged, "\\Flagged"},
                                              {kDraft, "\\Draft"},
                                              {kDeleted, "\\Deleted"}}};

constexpr std::size_t kLongestKeyword = 128;
// The very first second of 1970 is a clock that was not set. Cyrus takes it for no date at all, and
// puts its own clock in its place.
constexpr std::int64_t kEarliest = 1;
constexpr std::string_view kNotInAtoms = "(){ %*\"\\]";

}  // namespace

std::vector<std::string> flag_names(std::uint8_t flags) {
  std::vector<std::string> names;
  for (const FlagName& row : kFlagNames) {
    if ((flags & row.flag) != 0) names.emplace_back(row.name);
  }
  return names;
}

std::optional<std::string> as_imap_keyword(std::string_view keyword) {
  if (keyword.empty() || keyword.size() > kLongestKeyword || keyword.front() == '\\') {
    return std::nullopt;
  }
  std::string atom;
  bool says_something = false;
  for (const char c : keyword) {
    const auto code = static_cast<unsigned char>(c);
    if (code >= 0x80) return std::nullopt;
    const bool fits = code > 32 && code != 127 && kNotInAtoms.find(c) == std::string_view::npos;
    atom += fits ? c : '_';
    says_something = says_something || is_letter(c) || is_digit(c);
  }
  if (!says_something) return std::nullopt;
  return atom;
}

std::string_view date_source_name(DateSource source) {
  switch (source) {
    case DateSource::none:
      break;
    case DateSource::envelope:
      return "from";
    case DateSource::received:
      return "received";
    case DateSource::header:
      return "date";
  }
  return "none";
}

InternalDate choose_internal_date(const DateOrder& order, const std::optional<Timestamp>& envelope,
                                  const HeaderFacts& facts, std::int64_t now) {
  InternalDate chosen;
  chosen.time = Timestamp{kEarliest, 0};
  for (const DateSource source : order) {
    const std::optional<Timestamp>& time = source == DateSource::envelope   ? envelope
                                           : source == DateSource::received ? facts.received
                                                                            : facts.date;
    if (source == DateSource::none || !time) continue;
    if (time->unix_seconds >= kEarliest && time->unix_seconds <= now) {
      chosen.time = *time;
      chosen.source = source;
      return chosen;
    }
    chosen.passed_over.push_back({source, *time});
  }
  return chosen;
}

std::string describe(const InternalDate& date) {
  std::string text;
  for (const PassedOver& passed : date.passed_over) {
    text += date_source_name(passed.source);
    text += ' ' + to_rfc3339(passed.time);
    const bool past = passed.time.unix_seconds < kEarliest;
    text += past ? " is not after the beginning of 1970; " : " is ahead of now; ";
  }
  if (date.source == DateSource::none) {
    text += date.passed_over.empty() ? "there is no date; used: " : "no date is left; used: ";
    return text + to_rfc3339(date.time);
  }
  return text + "used: " + std::string(date_source_name(date.source)) + ' ' + to_rfc3339(date.time);
}

}  // namespace mboxferry::message
