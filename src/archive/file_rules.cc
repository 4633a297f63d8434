// SPDX-License-Identifier: Apache-2.0
// Tables of file names.
#include "archive/file_rules.h"

#include <algorithm>
#include <array>

#include "mboxferry/base/ascii.h"

namespace mboxferry::archive {
namespace {

struct IndexFile {
  std::string_view name;
  std::string_view reason;
};
constexpr std::string_view kMarksNotRead = ", not read";
constexpr std::array<IndexFile, 30> kIndexFiles{{
    {".DS_Store", "window settings of macOS"},
    {"panacea.dat", "folder cache of Thunderbird"},
    {"msgFilterRules.dat", "filter rules of Thunderbird"},
    {"filterlog.html", "filter log of Thunderbird"},
    {"popstate.dat", "POP state of Thunderbird"},
    {"encrypted-openpgp-passphrase.txt", "passphrase of Thunderbird"},
    {"virtualFolders.dat", "saved searches of Thunderbird"},
    {"table_of_contents", "index file of Apple Mail"},
    {"Info.plist", "settings of Apple Mail"},
    {"archive_browser.html", "overview page of Google Takeout"},
    {"mbox.lock", "lock file"},
    {"maildirfolder", "mark of a Maildir"},
    {"subscriptions", "list of subscribed folders"},
    {"maildirsize", "quota of a Maildir"},
    {"..maildir++", "mark of Evolution"},
    {"folder-metadata.xml", "settings of Evolution"},
    {"local-metadata.xml", "settings of Evolution"},
    {"cyrus.index", "read marks of Cyrus, not read"},
    {"index.fld", "index file of Kerio"},
    {"status.fld", "read marks of Kerio, not read"},
    {"properties.fld", "index file of Kerio"},
    {"search.fld", "index file of Kerio"},
    {"descmap.pce", "names of Eudora's mailboxes"},
    {".mh_sequences", "read marks of MH, not read"},
    {".xmhcache", "index file of MH"},
    {".claws_cache", "index file of Claws Mail"},
    {".claws_mark", "read marks of Claws Mail, not read"},
    {".claws_tags", "index file of Claws Mail"},
    {".sylpheed_cache", "index file of Sylpheed"},
    {".sylpheed_mark", "read marks of Sylpheed, not read"},
}};
// Endings in whatever case.
constexpr std::array<IndexFile, 15> kIndexEndings{{
    {".toc", "read marks of Eudora, not read"},
    {".mrk", "read marks of MDaemon, not read"},
    {".pmi", "read marks of Pegasus Mail, not read"},
    {".tbi", "read marks of The Bat!, not read"},
    {".cmeta", "index file of Evolution"},
    {".ev-summary", "index file of Evolution"},
    {".ev-summary-meta", "index file of Evolution"},
    {".ibex.index", "index file of Evolution"},
    {".ibex.index.data", "index file of Evolution"},
    {".index.ids", "index file of KMail"},
    {".index.sorted", "index file of KMail"},
    {".uidcache", "index file of KMail"},
    {".wdseml", "copy of Thunderbird for the search of Windows"},
    {".mailsignature", "signature of Apple Mail"},
    {".mozeml", "copy of Thunderbird for the search of macOS"},
}};
// Files beside the mail that say what is not in the messages.
constexpr std::array<IndexFile, 7> kMetadataSuffixes{{
    {".metadata.json", "read marks and labels of Proton Mail, not read"},
    {"-metadata.xml", "read marks and labels of Google Vault, not read"},
    {".meta", "read marks and labels of gmvault or Zimbra, not read"},
    {".imap", "read marks and UIDs of imap-backup, not read"},
    {":list", "keywords of Courier, not read"},
    {"msg-db.sqlite", "labels of Got Your Back, not read"},
    {"msg-db.sqlite-wal",
     "changes to the labels of Got Your Back that are not in its database yet"},
}};
constexpr std::array<std::string_view, 12> kNeverMail{".html",  ".dat", ".lock", ".json",
                                                      ".plist", ".txt", ".log",  ".csv",
                                                      ".ics",   ".vcf", ".jpg",  ".png"};
// What programs leave without a byte beside the mail; Outlook's files are never empty.
constexpr std::array<std::string_view, 18> kEmptyNoMail{
    ".sqlite-wal", ".sqlite-shm", ".db-wal", ".db-shm", ".newsrc", ".pst",
    ".ost",        ".olm",        ".dbx",    ".msg",    ".tmp",    ".ini",
    ".js",         ".xml",        ".db",     ".rc",     ".lck",    ".sqlite"};
constexpr std::string_view kSafariDownload = ".download";
constexpr std::array<std::string_view, 6> kUnfinishedEndings{
    ".part", ".crdownload", ".partial", ".opdownload", ".filepart", kSafariDownload};
constexpr std::array<std::string_view, 16> kPackingSuffixes{
    ".zip", ".tgz", ".tbz", ".tbz2", ".txz", ".tzst", ".tar",  ".gz",
    ".bz2", ".xz",  ".zst", ".lz4",  ".lz",  ".tlz",  ".lzma", ".Z"};

bool ends_with_any(std::string_view name, const auto& suffixes) {
  return std::any_of(suffixes.begin(), suffixes.end(),
                     [&](std::string_view suffix) { return name.ends_with(suffix); });
}

bool is_own_state(std::string_view name) {
  constexpr std::array<std::string_view, 5> kOwn{".journal", ".journal-wal", ".journal-shm",
                                                 ".journal.lock", ".journal.refused.mbox"};
  return ends_with_any(name, kOwn);
}

bool is_compacting_leftover(std::string_view name) {
  return name == "nstmp" || name.starts_with("nstmp-");
}

}  // namespace

bool ends_with_ignoring_case(std::string_view name, std::string_view suffix) {
  return name.size() > suffix.size() &&
         equals_ignoring_case(name.substr(name.size() - suffix.size()), suffix);
}

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string parent_path(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

std::string last_segment(const std::string& path) {
  std::string plain = path;
  while (plain.size() > 1 && plain.ends_with('/')) plain.pop_back();
  return plain.substr(plain.rfind('/') + 1);
}

std::string join_path(const std::string& directory, std::string_view relative) {
  if (directory.empty() || relative.empty()) return directory + std::string(relative);
  return directory + (directory.ends_with('/') ? "" : "/") + std::string(relative);
}

std::string joined(const std::vector<std::string>& segments) {
  std::string path;
  for (const std::string& segment : segments) path += (path.empty() ? "" : "/") + segment;
  return path;
}

bool is_left_over_name(std::string_view name) {
  return is_own_state(name) || is_compacting_leftover(name) || name.starts_with("._") ||
         ends_with_ignoring_case(name, ".wdseml") || ends_with_ignoring_case(name, ".mozeml");
}

std::string_view index_file_reason(std::string_view name) {
  if (name.ends_with(".msf")) return "index file of Thunderbird";
  if (name.starts_with("dovecot") || name.starts_with(".dovecot")) return "index file of Dovecot";
  if (name.starts_with("courierimap")) return "index file of Courier";
  if (name.starts_with("._")) return "AppleDouble file of macOS";
  if (is_own_state(name)) return "state of mboxferry";
  if (is_compacting_leftover(name)) return "leftover of Thunderbird's compacting";
  if (name.starts_with('.') && name.ends_with(".index")) return "index file of KMail";
  for (const IndexFile& row : kIndexFiles) {
    if (name == row.name) return row.reason;
  }
  for (const IndexFile& row : kIndexEndings) {
    if (ends_with_ignoring_case(name, row.name)) return row.reason;
  }
  if (name.starts_with("cyrus.")) return "index file of Cyrus";
  return {};
}

std::string_view index_file_with_marks(std::string_view name) {
  const std::string_view reason = index_file_reason(name);
  return reason.ends_with(kMarksNotRead) ? reason : std::string_view();
}

std::string_view metadata_reason(std::string_view name) {
  for (const IndexFile& row : kMetadataSuffixes) {
    if (name.ends_with(row.name)) return row.reason;
  }
  return {};
}

std::string_view metadata_reason_of_empty(std::string_view name) {
  const std::string_view reason = metadata_reason(name);
  const bool says_nothing = !reason.empty() && name.ends_with("-wal");  // all is in the database
  return says_nothing ? "empty" : reason;
}

bool is_partial_name(std::string_view name) {
  return ends_with_ignoring_case(name, ".partial.emlx");
}

bool is_eml_name(std::string_view name) {
  return ends_with_ignoring_case(name, ".eml") || ends_with_ignoring_case(name, ".eml.txt") ||
         ends_with_ignoring_case(name, ".cnm");
}

bool is_emlx_name(std::string_view name) { return ends_with_ignoring_case(name, ".emlx"); }

std::string_view without_package_suffix(std::string_view name) {
  for (const std::string_view suffix : {".mbox", ".imapmbox"}) {
    if (name.size() > suffix.size() && name.ends_with(suffix))
      return name.substr(0, name.size() - suffix.size());
  }
  return name;
}

bool is_apple_package(std::string_view name) { return without_package_suffix(name) != name; }

std::string natural_order_key(std::string_view name) {
  std::string key;
  for (std::size_t at = 0; at < name.size();) {
    if (!is_digit(name[at])) {
      key += name[at++];
      continue;
    }
    std::size_t end = at;
    while (end < name.size() && is_digit(name[end])) ++end;
    while (at + 1 < end && name[at] == '0') ++at;
    // More digits make a greater number.
    constexpr std::size_t kMost = 255;
    key += '0';
    key += static_cast<char>(std::min(end - at, kMost));
    key += name.substr(at, end - at);
    at = end;
  }
  return key;
}

bool can_be_mbox(std::string_view name) {
  return !name.starts_with('.') && !ends_with_any(name, kNeverMail) && !is_eml_name(name) &&
         !is_emlx_name(name);
}

bool can_be_empty_mbox(std::string_view name) {
  const bool only_digits = name.find_first_not_of("0123456789") == std::string_view::npos;
  return can_be_mbox(name) && !only_digits && !is_unfinished_download(name) &&
         std::none_of(kEmptyNoMail.begin(), kEmptyNoMail.end(), [&](std::string_view ending) {
           return ends_with_ignoring_case(name, ending);
         });
}

bool is_unfinished_download(std::string_view path) {
  const std::string_view name = base_name(path);
  const bool has_ending =
      std::any_of(kUnfinishedEndings.begin(), kUnfinishedEndings.end(),
                  [&](std::string_view ending) { return ends_with_ignoring_case(name, ending); });
  if (has_ending || name.size() == path.size()) return has_ending;
  const std::string_view directory = base_name(path.substr(0, path.size() - name.size() - 1));
  return directory.size() == name.size() + kSafariDownload.size() && directory.starts_with(name) &&
         directory.ends_with(kSafariDownload);
}

std::string_view without_packing_suffix(std::string_view name) {
  // As many as are unpacked.
  for (int endings = 0; endings < 3; ++endings) {
    for (const std::string_view suffix : kPackingSuffixes) {
      if (name.size() > suffix.size() && name.ends_with(suffix)) {
        name.remove_suffix(suffix.size());
        break;
      }
    }
  }
  return name;
}

std::string plain_path(std::string_view member) {
  std::string plain;
  while (!member.empty()) {
    const std::string_view segment = member.substr(0, member.find('/'));
    member.remove_prefix(std::min(member.size(), segment.size() + 1));
    if (segment.empty() || segment == "." || segment == "..") continue;
    if (!plain.empty()) plain += '/';
    plain += segment;
  }
  return plain;
}

}  // namespace mboxferry::archive
