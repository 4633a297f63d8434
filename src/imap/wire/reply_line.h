// SPDX-License-Identifier: Apache-2.0
// Reads one reply of a server: what it answers, with which response code, in which words.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "mboxferry/imap/target.h"

namespace mboxferry::imap {

/// One reply (RFC 3501 section 7). Views into the bytes it was read from.
struct ReplyLine {
  enum class Kind { continuation, untagged, tagged };
  enum class Status { none, ok, no, bad, bye, preauth };

  Kind kind = Kind::untagged;
  Status status = Status::none;  ///< none: data, such as `* 5 EXISTS`
  std::string_view tag;
  std::string_view code;            ///< atom of the response code, or empty
  std::string_view code_arguments;  ///< behind the atom, or empty
  std::string_view text;            ///< the words; for data: everything behind the name
  std::string_view name;            ///< for data: `EXISTS`, `FETCH`, `CAPABILITY`, …
  std::uint32_t number = 0;         ///< for data that starts with one
};

/// `bytes` is a reply with or without its line end. None when it is no reply at all.
std::optional<ReplyLine> parse_reply_line(std::string_view bytes);

/// The answer to a CREATE whose mailbox is there; Cyrus says so without the code.
bool says_it_exists(const ReplyLine& reply);

/// When `line`, the first of an untagged reply or one that follows a literal, ends with the
/// announcement of a literal: its length. A status reply announces none, whatever its words are.
std::optional<std::uint64_t> announced_literal(std::string_view first_line, std::string_view line);

/// What APPENDUID says (RFC 4315 section 3).
struct AppendUid {
  std::uint32_t uid_validity = 0;
  std::vector<Uid> uids;
};

/// The arguments of APPENDUID; none unless they are `expected` ascending UIDs.
std::optional<AppendUid> parse_append_uid(std::string_view arguments, std::size_t expected);

}  // namespace mboxferry::imap
