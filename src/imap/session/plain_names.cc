// SPDX-License-Identifier: Apache-2.0
// Mailbox names that only some connections can be told.
#include "imap/session/plain_names.h"

#include <algorithm>

#include "mboxferry/base/utf8.h"
#include "mboxferry/base/words.h"

namespace mboxferry::imap {
namespace {

constexpr char32_t kLastOfBmp = 0xFFFF;

}  // namespace

bool is_beyond_bmp(std::string_view name) {
  while (const auto code_point = take_code_point(name))
    if (*code_point > kLastOfBmp) return true;
  return false;
}

Result<PlainCreation> create_and_list(Session& plain, const std::string& mailbox) {
  MBOXFERRY_ASSIGN(const std::string quoted, plain.quoted_name(mailbox));
  PlainCreation result;
  {
    MBOXFERRY_ASSIGN(const ReplyLine reply, plain.connection().command("CREATE " + quoted));
    result.created = reply.status == ReplyLine::Status::ok;
  }
  if (!result.created) return result;
  // Courier ends the connection at such a name.
  const auto listed = plain.list();
  result.listed =
      listed && std::any_of(listed->begin(), listed->end(),
                            [&](const ListedMailbox& one) { return one.name == mailbox; });
  return result;
}

Result<bool> can_list(Session& plain, const std::string& mailbox) {
  MBOXFERRY_ASSIGN(const std::string quoted, plain.quoted_name(mailbox));
  const auto reply = plain.connection().command("LIST \"\" " + quoted);
  return reply && reply->status == ReplyLine::Status::ok;
}

Error not_for_everybody(const std::string& label, const std::string& mailbox) {
  return {ErrorCode::refused,
          label + ": creating mailbox \"" + printable(mailbox) +
              "\" refused: programs that do not enable UTF8=ACCEPT could not list it",
          "", ErrorScope::mailbox};
}

}  // namespace mboxferry::imap
