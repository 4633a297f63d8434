// SPDX-License-Identifier: Apache-2.0
// Reads `* n FETCH (...)`, one message at a time (RFC 3501 section 7.4.2).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/base/time.h"
#include "mboxferry/imap/target.h"

namespace mboxferry::imap {

/// The items that mboxferry asks for; others are skipped. `body` is a view into the reply.
struct FetchReply {
  std::optional<Uid> uid;
  std::optional<std::uint64_t> size;
  std::optional<Timestamp> internal_date;
  bool has_flags = false;
  std::uint8_t flags = 0;
  std::vector<std::string> keywords;
  std::optional<std::string_view> body;  ///< of whichever BODY[...] was asked for; NIL: empty
};

/// `items` is what stands behind `FETCH `, literals included. None when it is malformed.
std::optional<FetchReply> parse_fetch_items(std::string_view items);

/// `dd-Mon-yyyy hh:mm:ss +zzzz` (RFC 3501 section 9, date-time) and back.
std::optional<Timestamp> parse_internal_date(std::string_view text);
std::string format_internal_date(const Timestamp& time);

/// The bit of message::Flag for `\Seen` and its like without regard to case; 0 for others.
std::uint8_t system_flag(std::string_view name);

}  // namespace mboxferry::imap
