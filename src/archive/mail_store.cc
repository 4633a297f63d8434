// SPDX-License-Identifier: Apache-2.0
// Files in which mail programs keep whole mailboxes, and that are not read.
#include "archive/mail_store.h"

#include <array>

#include "archive/file_kind.h"
#include "archive/file_rules.h"

namespace mboxferry::archive {
namespace {

using namespace std::string_view_literals;

struct MailStore {
  std::string_view ending;  // of the name, in whatever case
  std::size_t at;           // where in the file `magic` is
  std::string_view magic;
  std::string_view name;
  std::string_view remedy;
};
constexpr std::string_view kSqlite = "SQLite format 3\0"sv;
constexpr std::string_view kOutlookMacEnding = ".olm"sv;
constexpr std::string_view kOutlookMacRemedy =
    "drag its folders from Outlook for Mac to the desktop, which makes .mbox files of them"sv;
constexpr std::array<MailStore, 12> kStores{{
    {kOutlookMacEnding, 0, ""sv, "an archive of Outlook for Mac"sv, kOutlookMacRemedy},
    {".nsf"sv, 0, "\x1a\0\0"sv, "a database of Lotus Notes"sv, "export its mail from Notes"sv},
    {".edb"sv, 4, "\xef\xcd\xab\x89"sv, "a database of Exchange"sv,
     "export its mailboxes from Exchange"sv},
    {"HxStore.hxd"sv, 0, "Nostromo"sv, "a database of Windows Mail"sv,
     "export its mail from Windows Mail"sv},
    {"geary.db"sv, 0, kSqlite, "a database of Geary"sv,
     "fetch its mail from the server that Geary had it from"sv},
    {"edgehill.db"sv, 0, kSqlite, "a database of Mailspring"sv,
     "fetch its mail from the server that Mailspring had it from"sv},
    {"mail_data.dat"sv, 0, kSqlite, "a database of eM Client"sv,
     "export its mail from eM Client"sv},
    {".pmm"sv, 0, ""sv, "a folder of Pegasus Mail"sv,
     "let Pegasus Mail make an mbox of it (a UNIX mailbox)"sv},
    {".tbb"sv, 0, ""sv, "a folder of The Bat!"sv, "export its mail from The Bat!"sv},
    {".bmf"sv, 0, ""sv, "a folder of Becky!"sv, "export its mail from Becky!"sv},
    {".imm"sv, 0, ""sv, "a mailbox of IncrediMail"sv, "export its mail from IncrediMail"sv},
    {".box"sv, 0, ""sv, "a mailbox of Foxmail"sv, "export its mail from Foxmail"sv},
}};

// The line at the beginning of each file of Dovecot's mdbox and sdbox: its version, the size of its
// headers and when it was made, in hexadecimal.
bool is_dbox(std::string_view head) {
  constexpr std::string_view kHex = "0123456789abcdefABCDEF";
  if (!head.starts_with("2 M")) return false;
  const std::size_t size = head.find_first_not_of(kHex, 3);
  if (size == std::string_view::npos || size == 3 || !head.substr(size).starts_with(" C"))
    return false;
  const std::size_t end = head.find_first_not_of(kHex, size + 2);
  return end != std::string_view::npos && end > size + 2 && head[end] == '\n';
}

}  // namespace

std::string mail_store(std::string_view name, std::string_view head) {
  if (is_dbox(head))
    return not_read_because("mail in Dovecot's mdbox or sdbox", "export it with doveadm backup");
  for (const MailStore& row : kStores) {
    const bool is_named = ends_with_ignoring_case("/" + std::string(name), row.ending);
    if (!is_named || head.size() <= row.at || !head.substr(row.at).starts_with(row.magic)) continue;
    return not_read_because(row.name, row.remedy);
  }
  return {};
}

bool is_outlook_mac_archive(std::string_view name) {
  return ends_with_ignoring_case(name, kOutlookMacEnding);
}

std::string outlook_mac_message(std::string_view path) {
  const bool is_message = path.find("com.microsoft.__Messages/") != std::string_view::npos &&
                          base_name(path).starts_with("message_") &&
                          ends_with_ignoring_case(path, ".xml");
  return is_message ? not_read_because("a message of Outlook for Mac", kOutlookMacRemedy)
                    : std::string();
}

bool is_outlook_mac_attachment(std::string_view path) {
  return path.find("/com.microsoft.__Attachments/") != std::string_view::npos;
}

}  // namespace mboxferry::archive
