// SPDX-License-Identifier: Apache-2.0
// Tables of layouts, and what matches them (docs/decisions/0040-layouts.md).
#include "archive/layout.h"

#include <algorithm>
#include <array>

#include "archive/file_rules.h"
#include "mboxferry/base/ascii.h"

namespace mboxferry::archive {
namespace {

constexpr std::array<std::string_view, kLayouts> kLayoutNames{
    "Thunderbird profile",
    "Thunderbird",
    "Thunderbird maildir",
    "Apple Mail",
    "Google Takeout",
    "KMail",
    "Evolution",
    "readpst",
    "readpst -S",
    "Kerio",
    "Eudora",
    "Opera",
    "hMailServer",
    "MDaemon",
    "Cyrus spool",
    "GYB",
    "gmvault",
    "Proton export",
    "MH",
    "pipermail",
    "MailMate",
    "procmail",
};

// The first that matches counts.
constexpr std::array<MessagePlace, 17> kMessagePlaces{{
    {Layout::mailmate, "*.mailbox/Messages/*.eml", 1, true},
    {Layout::kerio, "#msgs/*.eml", 1, true},
    {Layout::thunderbird_maildir, "cur/*.eml", 1, true},
    {Layout::thunderbird_maildir, "new/*.eml", 1, true},
    {Layout::hmailserver, "@@/{*}.eml", 1, true},
    {Layout::gyb, "9999/+/+/*.eml", 3, true},
    {Layout::gmvault, "db/9999-99/*.eml", 2, true},
    {Layout::gmvault, "subchats-+/*.eml", 1, true},
    {Layout::proton, "mail_99999999_999999/*.eml", 1, true},
    {Layout::opera, "9999/99/99/+.mbs", 3, false},
    {Layout::opera, "9999/99/+.mbs", 2, false},
    {Layout::opera, "9999/99.mbs", 1, false},
    {Layout::mdaemon, "md+.msg", 0, false},
    // its cache of an IMAP account
    {Layout::evolution, "cur/@@/+", 2, false},
    {Layout::cyrus, "+.", 0, false},
    {Layout::mh, "+", 0, false},
    // its directories that are neither a Maildir nor MH's
    {Layout::procmail, "msg.*", 0, false},
}};

struct Mark {
  Layout layout;
  std::string_view pattern;
};
constexpr std::array<Mark, 25> kMarks{{
    {Layout::thunderbird, "*.msf"},
    {Layout::thunderbird, "panacea.dat"},
    {Layout::apple_mail, "table_of_contents"},
    {Layout::apple_mail, "*.emlx"},
    {Layout::takeout, "archive_browser.html"},
    {Layout::takeout, "Takeout/Mail/*.mbox"},
    {Layout::kmail, ".*.directory/*"},
    {Layout::kmail, ".*.index.ids"},
    {Layout::evolution, "..maildir*"},
    {Layout::evolution, "*.cmeta"},
    {Layout::evolution, "*.ev-summary"},
    {Layout::evolution, "subfolders/*/mbox"},
    {Layout::kerio, "status.fld"},
    {Layout::eudora, "descmap.pce"},
    {Layout::eudora, "*.fol/*.mbx"},
    {Layout::eudora, "*.fol/*.toc"},
    {Layout::mdaemon, "*.IMAP/imap.mrk"},
    {Layout::mdaemon, "imap.mrk"},
    {Layout::mdaemon, "hiwater.mrk"},
    {Layout::cyrus, "cyrus.header"},
    {Layout::cyrus, "cyrus.index"},
    {Layout::gyb, "msg-db.sqlite"},
    {Layout::readpst_separate, "+-*"},
    {Layout::mh, ".mh_sequences"},
    {Layout::mh, ".xmhcache"},
}};

std::size_t run_of(std::string_view text, bool digits) {
  std::size_t size = 0;
  while (size < text.size() && (digits ? is_digit(text[size]) : is_letter(text[size]))) ++size;
  return size;
}

// `*` is followed by literal text only, so that there is one way to match.
bool matches_segment(std::string_view text, std::string_view pattern) {
  while (!pattern.empty()) {
    const char c = pattern.front();
    pattern.remove_prefix(1);
    if (c == '*') {
      if (text.size() <= pattern.size()) return false;
      text.remove_prefix(text.size() - pattern.size());
    } else if (c == '+' || c == '%') {
      const std::size_t run = run_of(text, c == '+');
      if (run == 0) return false;
      text.remove_prefix(run);
    } else {
      if (text.empty()) return false;
      const char got = to_lower(text.front());
      const bool hexadecimal = is_digit(got) || (got >= 'a' && got <= 'f');
      const bool same = c == '9' ? is_digit(got) : c == '@' ? hexadecimal : got == to_lower(c);
      if (!same) return false;
      text.remove_prefix(1);
    }
  }
  return text.empty();
}

// Takes the last segment off.
std::string_view take_last(std::string_view& path) {
  const std::size_t slash = path.rfind('/');
  const std::string_view last = slash == std::string_view::npos ? path : path.substr(slash + 1);
  path = slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
  return last;
}

}  // namespace

std::string_view layout_name(Layout layout) {
  return kLayoutNames[static_cast<std::size_t>(layout)];
}

bool matches_end(std::string_view path, std::string_view pattern) {
  while (!pattern.empty()) {
    if (path.empty() || !matches_segment(take_last(path), take_last(pattern))) return false;
  }
  return true;
}

const MessagePlace* message_place(std::string_view path) {
  const std::string_view plain = without_packing_suffix(path);
  for (const MessagePlace& place : kMessagePlaces) {
    if (matches_end(plain, place.pattern)) return &place;
  }
  return nullptr;
}

std::string message_directory(const MessagePlace& place, const std::string& path) {
  std::string directory = parent_path(path);
  for (unsigned up = 0; up < place.up; ++up) directory = parent_path(directory);
  return directory;
}

void LayoutMarks::see(const std::string& path) {
  if (base_name(path) == "prefs.js") profiles_.insert(parent_path(path));
  for (const Mark& mark : kMarks) {
    if (matches_end(path, mark.pattern)) note(mark.layout);
  }
}

void LayoutMarks::note_folder(const std::string& directory, Layout layout) {
  note(layout);
  folders_.try_emplace(directory, layout);
}

bool LayoutMarks::is_folder_of(const std::string& directory, Layout layout) const {
  const auto found = folders_.find(directory);
  return found != folders_.end() && found->second == layout;
}

// A line is "name,file,kind,changed"; the name itself may hold commas.
void LayoutMarks::set_descriptions(const std::string& directory, std::string_view text) {
  std::map<std::string, std::string>& names = descriptions_[directory];
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    std::array<std::size_t, 3> commas{};
    std::size_t end = line.size();
    bool complete = true;
    for (auto comma = commas.rbegin(); complete && comma != commas.rend(); ++comma) {
      *comma = end == 0 ? std::string_view::npos : line.rfind(',', end - 1);
      complete = *comma != std::string_view::npos;
      end = *comma;
    }
    if (!complete || commas[0] == 0) continue;
    std::string file(line.substr(commas[0] + 1, commas[1] - commas[0] - 1));
    std::transform(file.begin(), file.end(), file.begin(), to_lower);
    names.try_emplace(std::move(file), line.substr(0, commas[0]));
  }
}

std::string LayoutMarks::described(const std::string& directory, const std::string& name) const {
  const auto names = descriptions_.find(directory);
  if (names == descriptions_.end()) return name;
  std::string file = name;
  std::transform(file.begin(), file.end(), file.begin(), to_lower);
  const auto found = names->second.find(file);
  return found == names->second.end() ? name : found->second;
}

std::vector<std::string> LayoutMarks::names() const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kLayouts; ++i) {
    const auto layout = static_cast<Layout>(i);
    const bool is_part = (layout == Layout::thunderbird && has(Layout::thunderbird_profile)) ||
                         (layout == Layout::readpst_separate && !has(Layout::mh)) ||
                         (layout == Layout::mh && has(Layout::readpst_separate));
    if (has(layout) && !is_part) names.emplace_back(layout_name(layout));
  }
  return names;
}

}  // namespace mboxferry::archive
