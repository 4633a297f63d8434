// SPDX-License-Identifier: Apache-2.0
// The words of an APPEND command. A server that cannot read them may take the message's lines for
// commands, so nothing that is not known to be well-formed gets through here.
#include "imap/append/append_head.h"

#include <algorithm>

#include "imap/reply/fetch_reply.h"
#include "mboxferry/base/ascii.h"
#include "mboxferry/base/words.h"
#include "mboxferry/message/metadata.h"

namespace mboxferry::imap {
namespace {

constexpr std::size_t kLongestKeyword = 200;
constexpr std::int64_t kEndOfYear9999 = 253402300800;

}  // namespace

Result<std::string> flag_list(std::uint8_t flags, const std::vector<std::string>& keywords) {
  std::string list;
  for (const std::string& name : message::flag_names(flags)) {
    list += (list.empty() ? "" : " ") + name;
  }
  for (const std::string& keyword : keywords) {
    if (!is_keyword(keyword)) {
      return Error{ErrorCode::internal, "\"" + printable(keyword) + "\" is no IMAP keyword", "",
                   ErrorScope::message};
    }
    list += (list.empty() ? "" : " ") + keyword;
  }
  return list;
}

bool is_keyword(std::string_view word) {
  return !word.empty() && word.size() <= kLongestKeyword &&
         std::all_of(word.begin(), word.end(), [](char c) {
           return is_visible(c) && std::string_view("(){%*\"\\]").find(c) == std::string_view::npos;
         });
}

Result<std::string> append_arguments(const AppendMessage& message, bool empty_list) {
  std::string arguments = " ";
  MBOXFERRY_ASSIGN(const std::string flags, flag_list(message.flags, message.keywords));
  if (!flags.empty() || empty_list) arguments += "(" + flags + ") ";
  if (message.internal_date) {
    Timestamp time = *message.internal_date;
    constexpr std::int16_t kFarthestZone = 14 * 60;
    if (time.unix_seconds < 0 || time.unix_seconds >= kEndOfYear9999) {
      return Error{ErrorCode::internal, "a date outside of 1970 to 9999", "", ErrorScope::message};
    }
    // Some servers answer BAD to a year before 1970, which a zone west of Greenwich can make.
    const std::int64_t year = to_civil(time).year;
    if (time.zone_minutes < -kFarthestZone || time.zone_minutes > kFarthestZone || year < 1970 ||
        year > 9999) {
      time.zone_minutes = 0;
    }
    arguments += "\"" + format_internal_date(time) + "\" ";
  }
  return arguments;
}

std::string literal_announcement(std::uint64_t size, LiteralKind kind) {
  return "{" + std::to_string(size) + (kind == LiteralKind::non_synchronizing ? "+" : "") + "}\r\n";
}

}  // namespace mboxferry::imap
