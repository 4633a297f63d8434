// SPDX-License-Identifier: Apache-2.0
// Which names can be said to a server, and how.
#include "imap/reply/mailbox_name.h"

#include "mboxferry/base/modified_utf7.h"
#include "mboxferry/base/utf8.h"
#include "mboxferry/base/words.h"

namespace mboxferry::imap {
namespace {

Error bad_name(std::string_view name, const std::string& why) {
  return Error{ErrorCode::refused, "mailbox name \"" + printable(name) + "\" cannot be: " + why,
               "rename the folder or map it to another mailbox", ErrorScope::mailbox};
}

bool is_control(char32_t c, NameForm form) {
  if (c < 0x20 || c == 0x7f) return true;
  return form == NameForm::utf8 && ((c >= 0x80 && c <= 0x9f) || c == 0x2028 || c == 0x2029);
}

Result<void> check_name(std::string_view utf8, NameForm form) {
  if (utf8.empty()) return bad_name(utf8, "it is empty");
  for (std::string_view rest = utf8; !rest.empty();) {
    const auto code_point = take_code_point(rest);
    if (!code_point) return bad_name(utf8, "it is not UTF-8");
    if (is_control(*code_point, form)) return bad_name(utf8, "it has a control character");
  }
  return ok();
}

}  // namespace

Result<std::string> encode_mailbox_name(std::string_view utf8, NameForm form) {
  MBOXFERRY_TRY(check_name(utf8, form));
  return form == NameForm::utf8 ? std::string(utf8) : to_modified_utf7(utf8);
}

std::optional<std::string> decode_mailbox_name(std::string_view wire, NameForm form) {
  if (form == NameForm::utf8) {
    return check_name(wire, form) ? std::optional<std::string>(wire) : std::nullopt;
  }
  auto out = from_modified_utf7(wire);
  if (!out) return std::nullopt;
  // Only the one canonical spelling: another one could not be said to the server again.
  const auto again = encode_mailbox_name(*out, form);
  if (!again || *again != wire) return std::nullopt;
  return out;
}

std::string quoted_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace mboxferry::imap
