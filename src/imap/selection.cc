// SPDX-License-Identifier: Apache-2.0
// The answers to SELECT, and to commands about a mailbox.
#include "imap/selection.h"

#include <limits>

#include "imap/errors.h"
#include "imap/fetch_reply.h"
#include "imap/response_codes.h"
#include "imap/text.h"

namespace mboxferry::imap {
namespace {

/// `(\Seen \*)`
PermanentFlags permanent_flags(std::string_view list) {
  PermanentFlags flags;
  flags.system = 0;
  if (list.starts_with('(')) list.remove_prefix(1);
  if (list.ends_with(')')) list.remove_suffix(1);
  while (!list.empty()) {
    const std::string_view flag = take_word(list);
    if (flag == "\\*") flags.any_keyword = true;
    flags.system |= system_flag(flag);
    if (!flag.empty() && !flag.starts_with('\\')) flags.keywords.emplace_back(flag);
  }
  return flags;
}

std::uint32_t number_of(std::string_view digits) {
  const auto number = parse_number(digits);
  return number && *number <= std::numeric_limits<std::uint32_t>::max()
             ? static_cast<std::uint32_t>(*number)
             : 0;
}

void take_selection(const ReplyLine& line, SelectedMailbox& selected) {
  if (same_word(line.name, "EXISTS")) selected.exists = line.number;
  if (line.status != ReplyLine::Status::ok) return;
  if (same_word(line.code, "UIDVALIDITY")) selected.uid_validity = number_of(line.code_arguments);
  if (same_word(line.code, "UIDNEXT")) selected.uid_next = number_of(line.code_arguments);
  if (same_word(line.code, "PERMANENTFLAGS")) {
    selected.permanent_flags = permanent_flags(line.code_arguments);
  }
}

}  // namespace

Result<void> await_success(Connection& connection, std::string_view tag, const std::string& doing,
                           const std::string& mailbox, const Connection::Visitor& visit) {
  MBOXFERRY_TRY(connection.settle_background());
  MBOXFERRY_ASSIGN(const ReplyLine reply, connection.await(tag, visit));
  if (reply.status == ReplyLine::Status::ok) return ok();
  const std::string words = connection.printed(reply.text);
  if (reply.status != ReplyLine::Status::no) {
    return connection.fail(
        protocol_error(connection.label(), "no proper answer to " + doing + ": " + words));
  }
  const Meaning meaning = meaning_of(reply.code, reply.text);
  Error error{ErrorCode::refused, connection.label() + ": " + doing + " refused: " + words, "",
              mailbox.empty() ? ErrorScope::session : ErrorScope::mailbox, meaning.retry};
  if (meaning.retry.when == Retry::When::later) error.code = ErrorCode::try_later;
  return error;
}

Result<SelectedMailbox> read_selection(Connection& connection, std::string_view tag,
                                       const std::string& mailbox) {
  SelectedMailbox selected;
  // Without PERMANENTFLAGS all flags are permanent (RFC 3501 section 7.1).
  selected.permanent_flags.any_keyword = true;
  MBOXFERRY_TRY(await_success(connection, tag, "opening mailbox \"" + printable(mailbox) + "\"",
                              mailbox, [&](const ReplyLine& line) {
                                take_selection(line, selected);
                                return ok();
                              }));
  return selected;
}

}  // namespace mboxferry::imap
