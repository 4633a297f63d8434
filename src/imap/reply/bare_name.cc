// SPDX-License-Identifier: Apache-2.0
// Quotes what is behind the separator.
#include "imap/reply/bare_name.h"

#include <algorithm>

#include "imap/reply/mailbox_name.h"
#include "mboxferry/base/words.h"

namespace mboxferry::imap {
namespace {

constexpr std::string_view kListPrefix = "* LIST (";

/// The length of a separator with the space before it: ` "/"`, ` "\\"` or ` NIL`; 0: there is none.
std::size_t separator_length(std::string_view text) {
  if (starts_with_word(text, " NIL ")) return 4;
  const bool escaped = text.size() > 3 && text[2] == '\\';
  const std::size_t length = escaped ? 5 : 4;
  const bool whole = text.size() > length && text.starts_with(" \"") && text[2] != '"' &&
                     text[length - 1] == '"' && text[length] == ' ';
  return whole ? length : 0;
}

bool is_printed(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte != 0x7f;
}

}  // namespace

std::optional<std::string> with_quoted_name(std::string_view line) {
  if (!starts_with_word(line, kListPrefix) || !line.ends_with("\r\n")) return std::nullopt;
  line.remove_suffix(2);
  const std::size_t flags_end = line.find(')');
  if (flags_end == std::string_view::npos) return std::nullopt;
  const std::size_t head = flags_end + 1 + separator_length(line.substr(flags_end + 1));
  if (head == flags_end + 1) return std::nullopt;
  const std::string_view name = line.substr(head + 1);
  // A space at an end may belong to the name or not, and controls are shown nowhere.
  const bool clear = !name.empty() && name.front() != '"' && name.front() != '{' &&
                     name.front() != '(' && name.front() != ' ' && name.back() != ' ' &&
                     std::all_of(name.begin(), name.end(), is_printed);
  if (!clear) return std::nullopt;
  return std::string(line.substr(0, head + 1)) + quoted_string(name) + "\r\n";
}

}  // namespace mboxferry::imap
