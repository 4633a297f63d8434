// SPDX-License-Identifier: Apache-2.0
// The answers to SELECT, and to commands about a mailbox.
#include "imap/session/selection.h"

#include <limits>

#include "imap/reply/fetch_reply.h"
#include "imap/reply/response_codes.h"
#include "imap/tls/errors.h"
#include "mboxferry/base/words.h"

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
  return command_refused(connection, reply, doing, mailbox);
}

Error command_refused(Connection& connection, const ReplyLine& reply, const std::string& doing,
                      const std::string& mailbox) {
  const std::string words = connection.printed(reply.text);
  const Meaning meaning = meaning_of(reply.code, reply.text);
  const bool later = meaning.retry.when == Retry::When::later;
  const bool bad = reply.status != ReplyLine::Status::no;
  if (bad && !later && mailbox.empty())
    return connection.fail(
        protocol_error(connection.label(), "no proper answer to " + doing + ": " + words));
  Error error{ErrorCode::refused, connection.label() + ": " + doing + " refused: " + words, "",
              mailbox.empty() ? ErrorScope::session : ErrorScope::mailbox, meaning.retry};
  if (same_word(reply.code, "CANNOT")) error.code = ErrorCode::configuration;
  if (!later) return error;
  error.code = ErrorCode::try_later;
  error.hint = "run the same command again later";
  if (find_phrase(words, "not connected") == std::string::npos) return error;
  // Exchange: the login was right and opens nothing.
  error.hint = "the account may have no licence or no right to this mailbox; else try again later";
  return connection.fail(error);
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
