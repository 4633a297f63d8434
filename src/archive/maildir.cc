// SPDX-License-Identifier: Apache-2.0
// Names in a Maildir.
#include "archive/maildir.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <system_error>

#include "archive/file_rules.h"
#include "mboxferry/base/ascii.h"
#include "mboxferry/base/modified_utf7.h"
#include "mboxferry/base/utf8.h"

namespace mboxferry::archive {
namespace {

// File systems without colons get something else in front of "2,". The private character is what
// Windows and Samba make of a colon, "%3A" and "=3A" what programs that quote names do.
constexpr std::array<std::string_view, 6> kSeparators{":", ";", "!", "\xef\x80\xba", "%3A", "=3A"};
// These occur in unique names as well, so that flags and nothing else must follow.
constexpr std::string_view kWeakSeparators = "_-,";

bool is_flags(std::string_view text) { return std::all_of(text.begin(), text.end(), is_letter); }

std::size_t info_begin(std::string_view name) {
  for (std::size_t comma = name.rfind(','); comma != std::string_view::npos && comma > 1;
       comma = name.rfind(',', comma - 1)) {
    const char version = name[comma - 1];
    if (version != '2' && version != '1') continue;
    const std::string_view before = name.substr(0, comma - 1);
    for (const std::string_view separator : kSeparators) {
      if (before.ends_with(separator)) return before.size() - separator.size();
    }
    const bool weak = kWeakSeparators.find(before.back()) != std::string_view::npos;
    if (weak && version == '2' && is_flags(name.substr(comma + 1))) return before.size() - 1;
  }
  return name.size();
}

std::string letters(std::string_view info) {
  std::string flags;
  for (const char c : info) {
    const bool keyword = c >= 'a' && c <= 'z';
    const bool known = std::string_view("DFPRST").find(c) != std::string_view::npos;
    if ((keyword || known) && flags.find(c) == std::string::npos) flags += c;
  }
  return flags;
}

std::string decode(std::string_view name) {
  return from_modified_utf7(name).value_or(to_utf8(name));
}

}  // namespace

MessageRecord maildir_record(std::string_view subdirectory, std::string_view name) {
  const std::size_t info = info_begin(name);
  MessageRecord record;
  record.name = std::string(subdirectory) + '/' + std::string(name);
  record.stable_name = name.substr(0, info);
  record.key = natural_order_key(record.stable_name);
  record.has_flags = true;
  const std::string_view text = name.substr(info);
  const std::size_t comma = text.find(',', 1);  // the separator may be one itself
  if (comma != std::string_view::npos && text[comma - 1] == '2') {
    record.info = letters(text.substr(comma + 1));
  }
  return record;
}

std::string find_renamed(const std::string& directory, std::string_view stable_name) {
  const std::filesystem::path folder(directory);
  std::error_code ignored;
  // Looking for likely names is faster than reading a large directory.
  constexpr std::string_view kLetters = "DFPRST";
  for (unsigned set = 0; set < 1U << kLetters.size(); ++set) {
    std::string name = std::string(stable_name) + ":2,";
    for (std::size_t i = 0; i < kLetters.size(); ++i) {
      if ((set >> i & 1U) != 0) name += kLetters[i];
    }
    const auto path = folder / "cur" / name;
    if (std::filesystem::exists(path, ignored)) return path.string();
  }
  for (const char* subdirectory : {"cur", "new"}) {
    for (std::filesystem::directory_iterator entry(folder / subdirectory, ignored), end;
         !ignored && entry != end; entry.increment(ignored)) {
      const std::string name = entry->path().filename().string();
      if (std::string_view(name).substr(0, info_begin(name)) == stable_name)
        return entry->path().string();
    }
  }
  return {};
}

std::string_view maildir_base(std::string_view name) { return name.substr(0, info_begin(name)); }

bool is_maildir_name(std::string_view name) {
  if (info_begin(name) < name.size()) return true;
  for (const std::string_view suffix : {".mbox", ".mbx", ".mbs", ".txt"}) {
    if (name.ends_with(suffix)) return false;
  }
  const std::size_t digits = name.find_first_not_of("0123456789");
  return digits != std::string_view::npos && digits > 0 && name[digits] == '.';
}

bool is_certain_maildir_name(std::string_view name) {
  constexpr std::size_t kDigitsOfTime = 8;  // since 1970-04-26
  return has_maildir_flags(name) ||
         (is_maildir_name(name) && name.find_first_not_of("0123456789") >= kDigitsOfTime &&
          !is_eml_name(name) && !is_emlx_name(name));
}

MaildirPlace maildir_place(const std::string& path) {
  const std::string directory = parent_path(path);
  const std::string_view parent = base_name(directory);
  if (parent == "tmp") return MaildirPlace::unfinished;
  return parent == "cur" || parent == "new" ? MaildirPlace::delivered : MaildirPlace::none;
}

bool has_maildir_flags(std::string_view name) { return info_begin(name) < name.size(); }

std::optional<std::uint64_t> size_in_maildir_name(std::string_view name) {
  const std::size_t at = name.find(",S=");
  if (at == std::string_view::npos) return std::nullopt;
  std::uint64_t size = 0;
  const auto parsed = std::from_chars(name.data() + at + 3, name.data() + name.size(), size);
  constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 50U;  // else it says nothing
  return parsed.ec == std::errc() && size <= kMostBytes ? std::optional(size) : std::nullopt;
}

std::vector<std::string> maildir_path(std::string_view directory) {
  std::vector<std::string> path;
  for (std::string_view rest = directory; !rest.empty();) {
    std::string_view segment = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(rest.size(), segment.size() + 1));
    if (!rest.empty() || !segment.starts_with('.') || segment.size() == 1) {
      constexpr std::string_view kSubfolders = ".sbd";
      if (segment.size() > kSubfolders.size() && segment.ends_with(kSubfolders))
        segment.remove_suffix(kSubfolders.size());
      path.push_back(decode(segment));
      continue;
    }
    segment.remove_prefix(1);
    while (!segment.empty()) {
      const std::string_view part = segment.substr(0, segment.find('.'));
      segment.remove_prefix(std::min(segment.size(), part.size() + 1));
      if (!part.empty()) path.push_back(decode(part));
    }
  }
  if (path.empty()) path.emplace_back("INBOX");
  return path;
}

std::array<std::string, 26> parse_dovecot_keywords(std::string_view text) {
  std::array<std::string, 26> keywords;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    std::size_t index = keywords.size();
    const auto parsed = std::from_chars(line.data(), line.data() + line.size(), index);
    const auto used = static_cast<std::size_t>(parsed.ptr - line.data());
    if (parsed.ec != std::errc() || index >= keywords.size() || line.substr(used).size() < 2 ||
        line[used] != ' ') {
      continue;
    }
    keywords[index] = to_utf8(line.substr(used + 1));
  }
  return keywords;
}

}  // namespace mboxferry::archive
