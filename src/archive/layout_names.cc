// SPDX-License-Identifier: Apache-2.0
// Takes the directories of layouts out of the names of folders.
#include "archive/layout_names.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <set>
#include <string_view>

#include "archive/file_rules.h"
#include "mboxferry/base/ascii.h"
#include "mboxferry/base/modified_utf7.h"
#include "mboxferry/base/utf8.h"

namespace mboxferry::archive {
namespace {

using Segments = std::vector<std::string>;

// Directories that are no folders when everything is in them: at any depth, as what is above them
// is a place in a file system; and at the top only.
constexpr std::array<std::string_view, 22> kAnchors{
    "Takeout", "Maildir", ".maildir", "Local Folders", ".evolution", ".thunderbird",
    // where cPanel, Plesk and mail servers keep the mail of all accounts
    "homedir", "mailnames", "vmail", "vhosts",
    // the top of what readpst writes, in the languages of Outlook
    "Outlook Data File", "Personal Folders", "Top of Personal Folders", "Top of Outlook data file",
    "Outlook-Datendatei", "Pers\xc3\xb6nliche Ordner", "Oberste Ebene der Outlook-Datendatei",
    "Fichier de donn\xc3\xa9"
    "es Outlook",
    "Dossiers personnels", "Archivo de datos de Outlook", "Carpetas personales",
    "File di dati di Outlook"};
constexpr std::array<std::string_view, 11> kTops{"Mail",  ".mail",  "evolution",   "local",
                                                 "KMail", "Eudora", "Thunderbird", "Profiles",
                                                 "store", "db",     ".local"};
constexpr std::array<std::string_view, 7> kInboxes{"inbox",
                                                   "posteingang",
                                                   "bo\xc3\xaete de r\xc3\xa9"
                                                   "ception",
                                                   "bandeja de entrada",
                                                   "posta in arrivo",
                                                   "postvak in",
                                                   "caixa de entrada"};
constexpr std::array<std::string_view, 5> kPipermail{"9999-%.txt", "9999.txt", "9999q9.txt",
                                                     "Week-of-Mon-99999999.txt", "99999999.txt"};

bool is_in(std::string_view name, const auto& table) {
  return std::any_of(table.begin(), table.end(),
                     [&](std::string_view one) { return equals_ignoring_case(name, one); });
}

Segments split_path(std::string_view path) {
  Segments segments;
  while (!path.empty()) {
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), segment.size() + 1));
    segments.emplace_back(segment);
  }
  return segments;
}

void cut(std::string& name, std::size_t suffix) { name.resize(name.size() - suffix); }

// Where a file of several messages belongs that is at a layout's place for files of one each.
std::string folder_of_place(const std::string& path) {
  const MessagePlace* const place = message_place(path);
  return place == nullptr || place->up == 0 ? "" : message_directory(*place, path);
}

// "k3j9x2ab.default": what Thunderbird calls a profile's directory.
bool is_profile_name(std::string_view name) {
  constexpr std::size_t kHash = 8;
  return name.size() > kHash + 1 && name[kHash] == '.' &&
         std::all_of(name.begin(), name.begin() + kHash,
                     [](char c) { return is_digit(c) || (c >= 'a' && c <= 'z'); });
}

class LayoutNames {
 public:
  LayoutNames(std::vector<FoundFolder>& found, const std::string& root_name, LayoutMarks& marks)
      : found_(found), marks_(marks) {
    const std::string wrapper = root_name + '/';
    is_wrapped_ = std::all_of(found_.begin(), found_.end(), [&](const FoundFolder& one) {
      const bool inside =
          equals_ignoring_case((one.relative + '/').substr(0, wrapper.size()), wrapper);
      return inside || !one.other_name_of.empty();
    });
  }

  void run() {
    for (const FoundFolder& one : found_) {
      if (!one.other_name_of.empty()) continue;
      if (one.folder.form == FolderForm::mbox) ++mboxes_[parent_path(one.relative)];
      find_place(split_path(one.relative));
      find_maildir(one);
      find_apple_account(one);
    }
    for (const FoundFolder& one : found_) {
      if (one.other_name_of.empty()) find_account(one);
    }
    for (FoundFolder& one : found_) change(one);
  }

 private:
  void find_place(const Segments& segments);
  void find_maildir(const FoundFolder& one);
  [[nodiscard]] std::string account_maildir(const std::string& relative) const;
  void join_dotted(const std::string& relative, Segments& segments) const;
  void find_apple_account(const FoundFolder& one);
  static void keep_apple_account(Segments& segments);
  void find_account(const FoundFolder& one);
  void change(FoundFolder& one);
  void take_profile_off(Segments& segments) const;
  [[nodiscard]] std::string profile_name(const std::string& profile) const;
  void rename_file(FoundFolder& one, const std::string& directory, Segments& segments);
  void rename_directories(Segments& segments, bool is_evolution);
  void rename_spool(Segments& segments) const;
  static void rename_evolution_maildir(Segments& segments);
  [[nodiscard]] std::size_t mail_directory(const Segments& segments) const;

  std::vector<FoundFolder>& found_;
  LayoutMarks& marks_;
  std::map<std::string, std::size_t> mboxes_;  // in each directory
  std::set<std::string> places_;  // directories that hold a Mail or ImapMail of Thunderbird
  std::set<std::string> profiles_;
  std::set<std::string> accounts_;
  std::map<std::string, std::string> apple_accounts_;  // by the names of their folders
  bool apple_accounts_agree_ = false;                  // in a folder's name
  std::set<std::string> maildirs_;     // directories that servers call Maildir, below an account's
  std::set<std::string> directories_;  // of folders with a file for each message
  bool is_wrapped_ = false;  // all is in a directory that is called like the archive
  bool has_others_ = false;  // folders that belong to no account of Thunderbird
};

// Where in the path Thunderbird's Mail or ImapMail is; the number of segments when there is none.
std::size_t LayoutNames::mail_directory(const Segments& segments) const {
  std::string above;
  for (std::size_t i = 0; i + 2 < segments.size(); ++i) {
    const bool is_imap = segments[i] == "ImapMail";
    if (is_imap || segments[i] == "Mail") {
      const bool in_profile = marks_.is_profile(above) || places_.contains(above) ||
                              (i > 0 && is_profile_name(segments[i - 1]));
      if (is_imap || in_profile) return i;
    }
    above = join_path(above, segments[i]);
  }
  return segments.size();
}

// A profile may have been copied without its settings.
void LayoutNames::find_place(const Segments& segments) {
  std::string above;
  for (std::size_t i = 0; i + 2 < segments.size(); ++i) {
    const bool is_local = segments[i] == "Mail" && segments[i + 1] == "Local Folders";
    if (is_local || segments[i] == "ImapMail") places_.insert(above);
    above = join_path(above, segments[i]);
  }
}

void LayoutNames::find_maildir(const FoundFolder& one) {
  if (one.folder.form == FolderForm::mbox) return;
  directories_.insert(one.relative);
  if (one.folder.form != FolderForm::maildir) return;
  for (const std::string& path : {one.relative, parent_path(one.relative)}) {
    const std::string_view name = base_name(path);
    const bool is_named = name == "Maildir" || name == ".maildir";
    if (is_named && path.size() > name.size()) maildirs_.insert(path);
  }
}

// "alice/Maildir/.Sent" is alice's Sent where "bob/Maildir" is there as well. The Maildir that a
// folder is in or is; empty where it is the only one, which is taken off with all that is above, or
// where its account's name would be another folder's as well.
std::string LayoutNames::account_maildir(const std::string& relative) const {
  std::string found;
  if (maildirs_.size() < 2) return found;
  for (std::string path = relative; !path.empty(); path = parent_path(path)) {
    if (!maildirs_.contains(path)) continue;
    const std::string account = parent_path(path);
    const bool has_both = maildirs_.contains(join_path(account, "Maildir")) &&
                          maildirs_.contains(join_path(account, ".maildir"));
    const bool has_other_mail = directories_.contains(account) || mboxes_.contains(account);
    if (!has_both && !has_other_mail) found = path;
  }
  return found;
}

// isync writes ".A/.B" where others write ".A.B".
void LayoutNames::join_dotted(const std::string& relative, Segments& segments) const {
  std::string above = parent_path(relative);
  while (segments.size() > 1 && segments.back().starts_with('.') &&
         segments[segments.size() - 2].starts_with('.') && directories_.contains(above)) {
    // Beside such a ".A.B" it is another folder.
    if (directories_.contains(above + segments.back())) return;
    const std::string last = std::move(segments.back());
    segments.pop_back();
    segments.back() += last;
    above = parent_path(above);
  }
}

// Only the packages (x.mbox) of Apple Mail are folders. Where two accounts have a folder of one
// name, the directory of the account is one as well.
void LayoutNames::find_apple_account(const FoundFolder& one) {
  if (one.folder.form != FolderForm::emlx) return;
  const Segments segments = split_path(one.relative);
  const auto first = std::find_if(segments.begin(), segments.end(), is_apple_package);
  if (first == segments.end()) return;
  Segments packages;
  for (auto segment = first; segment != segments.end(); ++segment) {
    if (!is_apple_package(*segment)) continue;
    const std::string_view name = without_package_suffix(*segment);
    packages.emplace_back(equals_ignoring_case(name, "INBOX") ? "INBOX" : name);
  }
  const std::string account = joined(Segments(segments.begin(), first));
  const auto [known, added] = apple_accounts_.emplace(joined(packages), account);
  if (!added && known->second != account) apple_accounts_agree_ = true;
}

void LayoutNames::keep_apple_account(Segments& segments) {
  const auto first = std::find_if(segments.begin(), segments.end(), is_apple_package);
  if (first != segments.begin() && first != segments.end()) *(first - 1) += ".mbox";
}

void LayoutNames::find_account(const FoundFolder& one) {
  const Segments segments = split_path(one.relative);
  const std::size_t mail = mail_directory(segments);
  if (mail == segments.size()) {
    has_others_ = true;
    return;
  }
  marks_.note(Layout::thunderbird_profile);
  const std::string profile =
      joined(Segments(segments.begin(), segments.begin() + static_cast<std::ptrdiff_t>(mail)));
  profiles_.insert(profile);
  accounts_.insert(profile + '/' + segments[mail] + '/' + segments[mail + 1]);
}

// "k3j9x2ab.default" is default, unless another profile has that name too.
std::string LayoutNames::profile_name(const std::string& profile) const {
  const auto name_of = [](const std::string& path) {
    const std::string name(base_name(path));
    return is_profile_name(name) ? name.substr(name.find('.') + 1) : name;
  };
  const std::string name = name_of(profile);
  const bool is_unique = std::count_if(profiles_.begin(), profiles_.end(),
                                       [&](const auto& one) { return name_of(one) == name; }) == 1;
  return is_unique ? name : std::string(base_name(profile));
}

// An account's name is kept where there are several, and so is a profile's, without its hash.
void LayoutNames::take_profile_off(Segments& segments) const {
  const std::size_t mail = mail_directory(segments);
  if (mail == segments.size()) return;
  Segments kept;
  const std::string profile =
      joined(Segments(segments.begin(), segments.begin() + static_cast<std::ptrdiff_t>(mail)));
  if (profiles_.size() > 1 && mail > 0) kept.push_back(profile_name(profile));
  const bool keeps_account = accounts_.size() > 1 || has_others_;
  const std::string account = '/' + segments[mail + 1];
  const bool is_twice = accounts_.contains(profile + "/Mail" + account) &&
                        accounts_.contains(profile + "/ImapMail" + account);
  const std::size_t first = mail + (is_twice ? 0 : keeps_account ? 1 : 2);
  kept.insert(kept.end(), segments.begin() + static_cast<std::ptrdiff_t>(first), segments.end());
  segments = std::move(kept);
}

void LayoutNames::rename_directories(Segments& segments, bool is_evolution) {
  const auto is_dropped = [&](const std::string& segment) {
    const bool dropped = segment == "subfolders" && is_evolution;
    if (dropped) marks_.note(Layout::evolution);
    return dropped;
  };
  segments.erase(std::remove_if(segments.begin(), segments.end(), is_dropped), segments.end());
  for (std::string& segment : segments) {
    constexpr std::string_view kDirectory = ".directory";
    if (segment.starts_with('.') && ends_with_ignoring_case(segment.substr(1), kDirectory)) {
      marks_.note(Layout::kmail);
      cut(segment, kDirectory.size());
      segment.erase(0, 1);
      segment += ".sbd";
    } else if (ends_with_ignoring_case(segment, ".fol") && marks_.has(Layout::eudora)) {
      cut(segment, 4);
    } else if (ends_with_ignoring_case(segment, ".imap") && marks_.has(Layout::mdaemon)) {
      cut(segment, 5);
    }
  }
}

// "a/user/alice" is alice's INBOX, in a spool that may be hashed by the first letter.
void LayoutNames::rename_spool(Segments& segments) const {
  const auto user = std::find(segments.begin(), segments.end(), "user");
  if (user != segments.end()) {
    const auto first = user != segments.begin() && (user - 1)->size() == 1 ? user - 1 : user;
    segments.erase(first, user + 1);
  }
  const auto domain = std::find(segments.begin(), segments.end(), "domain");
  if (segments.end() - domain > 2 && (domain + 1)->size() == 1) segments.erase(domain, domain + 2);
  for (std::string& segment : segments) {
    segment = from_modified_utf7(segment).value_or(to_utf8(segment));
    std::replace(segment.begin(), segment.end(), '^', '.');
  }
}

// Evolution writes "_2E" for a dot within a name: ".A_2EB.C" is the folder C in A.B.
void LayoutNames::rename_evolution_maildir(Segments& segments) {
  const std::string name = segments.back();
  if (!name.starts_with('.')) return;
  segments.pop_back();
  std::string part;
  for (std::size_t i = 1; i <= name.size(); ++i) {
    if (i == name.size() || name[i] == '.') {
      if (!part.empty()) segments.push_back(part);
      part.clear();
    } else if (const std::string_view escape = std::string_view(name).substr(i, 3);
               escape == "_2E" || escape == "_5F" || escape == "_20") {
      part += escape == "_2E" ? '.' : escape == "_5F" ? '_' : ' ';
      i += 2;
    } else {
      part += name[i];
    }
  }
}

void LayoutNames::rename_file(FoundFolder& one, const std::string& directory, Segments& segments) {
  std::string& name = segments.back();
  const std::string described = marks_.described(directory, name);
  if (described != name) {
    name = described;
    std::replace(name.begin(), name.end(), '/', '_');
  } else if (const std::string plain(one.compressed ? without_packing_suffix(name) : name);
             ends_with_ignoring_case(plain, ".mbx")) {
    name = plain.substr(0, plain.size() - 4);
  } else if (std::any_of(kPipermail.begin(), kPipermail.end(),
                         [&](std::string_view pattern) { return matches_end(plain, pattern); })) {
    marks_.note(Layout::pipermail);
    name = plain.substr(0, plain.size() - 4);
  } else if (name == "mbox" && segments.size() > (is_wrapped_ ? 2 : 1) && mboxes_[directory] == 1) {
    const std::string& parent = segments[segments.size() - 2];
    if (ends_with_ignoring_case(parent, ".mbox") || parent.find('@') != std::string::npos) return;
    if (!marks_.has(Layout::evolution)) marks_.note(Layout::readpst);
    segments.pop_back();
  }
}

void LayoutNames::change(FoundFolder& one) {
  const std::string directory = parent_path(one.relative);
  bool is_mbox = one.folder.form == FolderForm::mbox;
  Segments segments = split_path(one.relative);
  if (const std::string folder = is_mbox ? folder_of_place(one.relative) : ""; !folder.empty()) {
    segments = split_path(folder);
    is_mbox = false;
  }
  if (segments.empty()) return;
  const bool is_evolution = is_mbox
                                ? marks_.has(Layout::evolution) || base_name(one.relative) == "mbox"
                                : marks_.is_folder_of(one.relative, Layout::evolution);
  // Eudora describes directories too, in the list beside them.
  std::string above;
  for (std::size_t i = 0; i + (is_mbox ? 1 : 0) < segments.size(); ++i) {
    const std::string name = segments[i];
    segments[i] = marks_.described(above, name);
    std::replace(segments[i].begin(), segments[i].end(), '/', '_');
    above = join_path(above, name);
  }
  if (one.folder.form == FolderForm::maildir) join_dotted(one.relative, segments);
  if (const std::string maildir = account_maildir(one.relative); !maildir.empty())
    segments.erase(segments.begin() + std::count(maildir.begin(), maildir.end(), '/'));
  if (apple_accounts_agree_ && one.folder.form == FolderForm::emlx) keep_apple_account(segments);
  take_profile_off(segments);
  if (marks_.is_folder_of(one.relative, Layout::cyrus)) rename_spool(segments);
  if (marks_.has(Layout::mailmate)) {
    for (std::string& segment : segments) {
      constexpr std::string_view kMailbox = ".mailbox";
      if (ends_with_ignoring_case(segment, kMailbox)) cut(segment, kMailbox.size());
    }
  }
  rename_directories(segments, is_evolution);
  if (one.folder.form == FolderForm::maildir && marks_.has(Layout::evolution))
    rename_evolution_maildir(segments);
  if (is_mbox && !segments.empty()) rename_file(one, directory, segments);
  one.relative = joined(segments);
}

// Files of one message each may lie in the root itself, everything else lies in a directory below.
std::string directory_part(const FoundFolder& one) {
  const std::size_t slash = one.relative.rfind('/');
  const std::size_t name = slash == std::string::npos ? 0 : slash + 1;
  const bool is_root = one.folder.form != FolderForm::mbox && name < one.relative.size() &&
                       one.relative[name] != '.';
  return is_root ? one.relative + '/' : one.relative.substr(0, name);
}

// The segment that begins there, without the endings of names.
std::string segment_at(const FoundFolder& one, std::size_t begin) {
  std::string segment = one.relative.substr(std::min(begin, one.relative.size()));
  segment = segment.substr(0, segment.find('/'));
  for (const std::string_view suffix : {".mbox", ".sbd"}) {
    if (ends_with_ignoring_case(segment, suffix)) cut(segment, suffix.size());
  }
  return segment;
}

}  // namespace

void apply_layouts(std::vector<FoundFolder>& found, const std::string& root_name,
                   LayoutMarks& marks) {
  LayoutNames(found, root_name, marks).run();
}

void strip_wrappers(std::vector<FoundFolder>& all, std::string& root_name) {
  // Other names of folders change nothing.
  std::vector<const FoundFolder*> found;
  for (const FoundFolder& one : all) {
    if (one.other_name_of.empty()) found.push_back(&one);
  }
  if (found.empty()) return;
  std::string common = directory_part(*found.front());
  for (const FoundFolder* one : found) {
    const std::string part = directory_part(*one);
    while (!part.starts_with(common)) {
      common.pop_back();
      common.resize(common.rfind('/') + 1);
    }
  }
  std::size_t stripped = 0;
  for (std::size_t begin = 0; begin < common.size();) {
    const std::size_t end = common.find('/', begin) + 1;
    const std::string name = common.substr(begin, end - begin - 1);
    if (name.find('@') != std::string::npos || ends_with_ignoring_case(name, ".sbd") ||
        ends_with_ignoring_case(name, ".mbox"))
      break;
    const bool at_top = begin == stripped;
    const bool is_share = name == "share" && at_top && common.substr(0, begin) == ".local/";
    const bool is_apple = name == "Library" && at_top && common.substr(end).starts_with("Mail/");
    const bool is_named = begin == 0 && is_in(name, std::array<std::string_view, 1>{root_name});
    const auto follows = [&](const FoundFolder* one) { return segment_at(*one, end); };
    const bool has_inbox = std::any_of(found.begin(), found.end(), [&](const FoundFolder* one) {
      return is_in(follows(one), kInboxes);
    });
    const bool has_accounts = std::all_of(found.begin(), found.end(), [&](const FoundFolder* one) {
      return follows(one).find('@') != std::string::npos;
    });
    if (is_named || is_share || is_apple || is_in(name, kAnchors) ||
        (at_top && is_in(name, kTops)) || has_inbox || has_accounts) {
      stripped = end;
    }
    begin = end;
  }
  if (stripped == 0) return;
  root_name = base_name(common.substr(0, stripped - 1));
  // A Maildir has no slash behind its name.
  const std::string wrappers = common.substr(0, stripped);
  for (FoundFolder& one : all) {
    if ((one.relative + '/').starts_with(wrappers))
      one.relative.erase(0, std::min(stripped, one.relative.size()));
  }
}

}  // namespace mboxferry::archive
