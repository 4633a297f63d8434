// SPDX-License-Identifier: Apache-2.0
// The words of an APPEND command (RFC 3501 section 6.3.11, RFC 3502, RFC 7888).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/imap/target.h"

namespace mboxferry::imap {

/// How a literal is announced.
enum class LiteralKind { synchronizing, non_synchronizing };

/// Flags and keywords with spaces between them. A keyword that is no atom is an error of scope
/// message.
Result<std::string> flag_list(std::uint8_t flags, const std::vector<std::string>& keywords);

/// What precedes the length of one message: ` (flags) "date" `, or ` ` when it has neither. A
/// keyword that is no atom, or a date that IMAP cannot say, is an error of scope message.
/// `empty_list`: `()` where there is no flag.
Result<std::string> append_arguments(const AppendMessage& message, bool empty_list = false);

/// `{123}` or `{123+}` and the line end.
std::string literal_announcement(std::uint64_t size, LiteralKind kind);

/// True for what RFC 3501 calls an atom, short enough for a keyword.
bool is_keyword(std::string_view word);

}  // namespace mboxferry::imap
