// SPDX-License-Identifier: Apache-2.0
// Tables and searches that tell unread mail from files that hold no mail.
#include "archive/not_read_rules.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "archive/file_kind.h"
#include "archive/file_rules.h"
#include "archive/text_conversion.h"
#include "mboxferry/base/ascii.h"
#include "mboxferry/base/file.h"

namespace mboxferry::archive {
namespace {

// Zip archives and databases that no program keeps mail in, or nothing that is not elsewhere too.
constexpr std::array<std::string_view, 24> kPackages{
    ".doc",  ".xls", ".ppt", ".msi", ".xpi",  ".jar",    ".docx", ".xlsx",
    ".pptx", ".odt", ".ods", ".odp", ".epub", ".apk",    ".kmz",  ".docm",
    ".xlsm", ".ja",  ".crx", ".cbz", ".cbr",  ".sqlite", ".db",   ".sqlite3"};
constexpr std::array<std::string_view, 14> kPictures{".jpg", ".jpeg", ".png", ".gif", ".pdf",
                                                     ".ics", ".vcf",  ".css", ".js",  ".html",
                                                     ".svg", ".ttf",  ".ico", ".webp"};

// What lies beside mail and has its name.
constexpr std::array<std::string_view, 19> kBesideMail{
    ".lock",   ".json",   ".plist",   ".log", ".csv", ".xml",  ".sha1",
    ".sha256", ".sha512", ".md5",     ".sig", ".asc", ".par2", ".aria2",
    ".idx",    ".index",  ".torrent", ".lnk", ".url"};
constexpr std::array<std::string_view, 4> kMailEndings{".mbox", ".mbx", ".eml", ".emlx"};
// Files of mail programs that hold nothing else, and archives that are not unpacked here.
constexpr std::array<std::string_view, 6> kKnownByBytes{".pst", ".ost", ".dbx",
                                                        ".nsf", ".7z",  ".rar"};

// Fields that a message has and hardly anything else.
constexpr std::array<std::string_view, 6> kCertain{"from",        "received",     "message-id",
                                                   "return-path", "delivered-to", "mime-version"};
constexpr std::array<std::string_view, 6> kLikely{"to", "subject",  "date",
                                                  "cc", "reply-to", "content-type"};

bool ends_with_any_in_any_case(std::string_view name, const auto& suffixes) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return std::any_of(suffixes.begin(), suffixes.end(),
                     [&](std::string_view suffix) { return lower.ends_with(suffix); });
}

bool is_word(char c) { return is_letter(c) || is_digit(c); }

/// True for "x.mbox", "x.MBX", "x.eml.gpg", "x.mbox~" and "x.mbox (1)".
bool is_named_as_mail(std::string_view name) {
  if (ends_with_any_in_any_case(name, kBesideMail) || ends_with_any_in_any_case(name, kPictures))
    return false;
  for (std::size_t dot = name.find('.'); dot != std::string_view::npos;
       dot = name.find('.', dot + 1)) {
    const std::string_view rest = name.substr(dot);
    for (const std::string_view ending : kMailEndings) {
      if (!equals_ignoring_case(rest.substr(0, ending.size()), ending)) continue;
      if (rest.size() == ending.size() || !is_word(rest[ending.size()])) return true;
    }
  }
  return false;
}

// Such a file begins with bytes that are known, unless it is damaged.
bool has_known_beginning(std::string_view name) {
  if (ends_with_any_in_any_case(name, kKnownByBytes)) return true;
  const std::string_view inside = without_packing_suffix(name);
  return inside != name && !ends_with_any_in_any_case(inside, kBesideMail) &&
         kind_of_unreadable(inside) == NotReadKind::unread;
}

// Programs have texts with this ending.
bool is_damaged_outlook_message(std::string_view name, std::string_view head) {
  return ends_with_ignoring_case(name, ".msg") && head.find('\0') != std::string_view::npos;
}

bool is_one_of(std::string_view field, const auto& names) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view name) { return equals_ignoring_case(field, name); });
}

// The field's name when `line` begins with one (RFC 5322 section 2.2).
std::string_view field_name(std::string_view line) {
  std::size_t size = 0;
  while (size < line.size() && line[size] > 32 && line[size] < 127 && line[size] != ':') ++size;
  return size > 0 && size < line.size() && line[size] == ':' ? line.substr(0, size)
                                                             : std::string_view();
}

bool is_of_mail(std::string_view name) {
  const bool own = name.size() > 2 && (name[0] == 'X' || name[0] == 'x') && name[1] == '-';
  return own || is_one_of(name, kCertain) || is_one_of(name, kLikely);
}

/// The text up to the next line end, which is taken away with it; CRLF is one.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end);
  text.remove_prefix(std::min<std::size_t>(text.starts_with("\r\n") ? 2 : 1, text.size()));
  return line;
}

/// Two fields in a row are a header when one of them is certain or both are likely. So is one that
/// fills all that was read, and one at the beginning that ends with an empty line and has a certain
/// field, or more than one that mail has.
bool has_header(std::string_view text) {
  const bool may_go_on = text.size() >= kHeadBytes;
  bool only_fields = true;
  int of_mail = 0;
  int certain = 0;
  int likely = 0;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.starts_with(' ') || line.starts_with('\t')) continue;
    const std::string_view name = field_name(line);
    if (name.empty()) {
      if (line.empty() && only_fields && (certain > 0 || of_mail > 1)) return true;
      certain = likely = 0;
      only_fields = only_fields && line.empty() && of_mail == 0;
    } else {
      of_mail += is_of_mail(name) ? 1 : 0;
      certain += is_one_of(name, kCertain) ? 1 : 0;
      likely += is_one_of(name, kLikely) ? 1 : 0;
      if (certain > 0 && certain + likely > 1) return true;
      if (likely > 2) return true;
    }
  }
  return may_go_on && only_fields && of_mail > 0;
}

// Every second byte of UTF-16, which is the text as long as it is ASCII.
std::string narrowed(std::string_view head) {
  std::string text;
  for (std::size_t at = is_little_endian(head) ? 0 : 1; at < head.size(); at += 2) text += head[at];
  return text;
}

}  // namespace

NotReadKind kind_of_unknown(std::string_view head) {
  const bool mail = may_be_utf16(head) ? has_header(narrowed(head)) : has_header(head);
  return mail ? NotReadKind::unread : NotReadKind::not_mail;
}

NotReadKind kind_of_unknown(std::string_view name, std::string_view head) {
  const bool by_name =
      is_named_as_mail(name) || has_known_beginning(name) || is_damaged_outlook_message(name, head);
  return by_name ? NotReadKind::unread : kind_of_unknown(head);
}

std::string_view reason_of_unknown(std::string_view name) {
  if (has_known_beginning(name) || ends_with_ignoring_case(name, ".msg"))
    return "does not begin like a file of its kind: it is damaged, or something else";
  return is_eml_name(name) || is_emlx_name(name) ? "does not begin like a message"
                                                 : "does not begin like an mbox file";
}

NotReadKind kind_without_separator(std::string_view name, std::string_view head) {
  const bool zeros = head.find_first_not_of('\0') == std::string_view::npos;
  return zeros ? NotReadKind::unread : kind_of_unknown(without_packing_suffix(name), head);
}

NotReadKind kind_of_packed(std::string_view name, std::string_view head) {
  const bool no_mail = ends_with_any_in_any_case(name, kPackages) ||
                       head.starts_with("SQLite format 3") || head.starts_with("PK\x05\x06");
  return no_mail ? NotReadKind::not_mail : NotReadKind::unread;
}

NotReadKind kind_of_unreadable(std::string_view name) {
  const bool no_mail = !index_file_reason(name).empty() ||
                       ends_with_any_in_any_case(name, kPictures) ||
                       ends_with_any_in_any_case(name, kPackages);
  return no_mail ? NotReadKind::not_mail : NotReadKind::unread;
}

NotReadKind kind_of_no_file(std::string_view name) {
  return is_named_as_mail(name) ? NotReadKind::unread : NotReadKind::not_mail;
}

bool is_lock_link(std::string_view name) { return name == "lock" || name.starts_with(".#"); }

std::string not_opened(int error_number) {
  if (error_number == ENAMETOOLONG) return "its path is too long";
  return "cannot be opened: " + errno_text(error_number);
}

bool is_trouble_of_one_file(const Error& error) {
  return error.code == ErrorCode::no_such_archive || error.code == ErrorCode::io ||
         error.code == ErrorCode::not_mail;
}

std::string trouble_text(const Error& error, const std::string& path) {
  const std::string cannot_open = "cannot open " + path + ": ";
  if (error.what.starts_with(cannot_open))
    return "cannot be opened: " + error.what.substr(cannot_open.size());
  return error.what;
}

}  // namespace mboxferry::archive
