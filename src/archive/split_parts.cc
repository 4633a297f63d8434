// SPDX-License-Identifier: Apache-2.0
// Downloads in numbered parts.
#include "archive/split_parts.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>
#include <utility>

#include "archive/directory_names.h"
#include "archive/file_rules.h"
#include "mboxferry/archive/archive.h"
#include "mboxferry/archive/copy_names.h"
#include "mboxferry/base/ascii.h"

namespace mboxferry::archive {
namespace {

constexpr std::array<std::string_view, 3> kSuffixes{".zip", ".tgz", ".tar.gz"};
constexpr std::size_t kDigits = 3;

// What systems write behind the name of a copy.
constexpr std::array<std::string_view, 6> kCopyWords{"copy",  "kopie",        "copie",
                                                     "copia", "c\xc3\xb3pia", "kopia"};

bool is_takeout_name(std::string_view name) {
  constexpr std::string_view kTakeout = "takeout-";
  return equals_ignoring_case(name.substr(0, kTakeout.size()), kTakeout);
}

bool take_end(std::string_view& text, std::string_view end) {
  if (!ends_with_ignoring_case(text, end)) return false;
  text.remove_suffix(end.size());
  return true;
}

// Takes a number of one or two digits off, with `before` in front of it and `behind` behind it.
bool take_count(std::string_view& text, std::string_view before, std::string_view behind) {
  std::string_view rest = text;
  if (!behind.empty() && !take_end(rest, behind)) return false;
  const std::size_t digits =
      rest.size() - std::min(rest.size(), rest.find_last_not_of("0123456789") + 1);
  if (digits == 0 || digits > 2) return false;
  rest.remove_suffix(digits);
  if (!take_end(rest, before)) return false;
  text = rest;
  return true;
}

bool take_copy_word(std::string_view& text) {
  for (const std::string_view word : kCopyWords) {
    std::string_view before = text;
    if (!take_end(before, word) || !take_end(before, " ")) continue;
    take_end(before, " -");
    text = before;
    return true;
  }
  return false;
}

// How many bytes at the end of `name` tell that it is a copy or was downloaded once more: " (1)",
// "(1)", " - Copy", " copy 2", Safari's "-2", and copies of copies.
std::size_t copy_mark_size(std::string_view name) {
  constexpr int kMostMarks = 4;
  const bool is_takeout = is_takeout_name(base_name(name));
  std::string_view rest = name;
  for (int marks = 0; marks < kMostMarks; ++marks) {
    const bool counted = take_count(rest, " (", ")") || take_count(rest, "(", ")") ||
                         take_count(rest, " ", "") || (is_takeout && take_count(rest, "-", ""));
    if (!take_copy_word(rest) && !counted) break;
  }
  return name.size() - rest.size();
}

std::string part_name(const SplitPart& like, unsigned number) {
  char digits[16];
  std::snprintf(digits, sizeof digits, "%03u", number);
  return like.before + digits + like.behind;
}

std::string missing_notice(const SplitPart& like, unsigned first, unsigned last) {
  std::string names = part_name(like, first);
  if (last > first) names += " to " + part_name(like, last);
  return names + (last > first ? " are" : " is") +
         " missing: what lies in a part that is missing is not read";
}

// What a browser leaves of a download, or of its second time, is no part but may hold one.
bool is_called_like(const SplitPart& part, const std::string& path) {
  if (!path.starts_with(part.before) || path.size() <= part.before.size() + kDigits) return false;
  const std::string_view rest = std::string_view(path).substr(part.before.size());
  const bool numbered = std::all_of(rest.begin(), rest.begin() + kDigits, is_digit);
  return numbered && !is_digit(rest[kDigits]);
}

unsigned number_of(const SplitPart& like, const std::string& path) {
  return static_cast<unsigned>(std::stoul(path.substr(like.before.size(), kDigits)));
}

}  // namespace

bool has_number(const std::vector<SplitPart>& parts, unsigned number) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](const SplitPart& one) { return one.number == number; });
}

void sort_by_number(std::vector<SplitPart>& parts) {
  std::sort(parts.begin(), parts.end(),
            [](const SplitPart& a, const SplitPart& b) { return a.number < b.number; });
}

bool SplitPart::same_download(const SplitPart& other) const {
  return before == other.before && equals_ignoring_case(behind, other.behind);
}

bool SplitPart::is_of_takeout() const { return is_takeout_name(base_name(before)); }

std::optional<SplitPart> as_split_part(const std::string& path) {
  for (const std::string_view suffix : kSuffixes) {
    if (!ends_with_ignoring_case(path, suffix) || path.size() < suffix.size() + kDigits + 2)
      continue;
    const std::string_view name = std::string_view(path).substr(0, path.size() - suffix.size());
    const std::size_t copy = copy_mark_size(name);
    if (name.size() < copy + kDigits + 2) continue;
    const std::size_t digits = name.size() - copy - kDigits;
    const std::string number = path.substr(digits, kDigits);
    const bool numbered = path[digits - 1] == '-' && path[digits - 2] != '/' &&
                          std::all_of(number.begin(), number.end(), is_digit);
    if (!numbered) continue;
    SplitPart part{path, path.substr(0, digits), path.substr(digits + kDigits),
                   static_cast<unsigned>(std::stoul(number))};
    if (part.number > 0) return part;
  }
  return std::nullopt;
}

Result<PartsBeside> parts_beside(const SplitPart& part, bool follow_links) {
  const std::size_t slash = part.path.rfind('/');
  const std::string directory = slash == std::string::npos ? "" : part.path.substr(0, slash + 1);
  PartsBeside beside;
  MBOXFERRY_ASSIGN(DirectoryNames names, DirectoryNames::open(directory.empty() ? "." : directory));
  for (;;) {
    MBOXFERRY_ASSIGN(const auto name, names.next());
    if (!name) break;
    const std::string path = directory + *name;
    if (!is_called_like(part, path)) continue;
    struct stat status {};
    const bool is_link = ::lstat(path.c_str(), &status) == 0 && S_ISLNK(status.st_mode);
    auto other = as_split_part(path);
    if (is_link && !follow_links && path != part.path) {
      beside.unread.push_back({path, "a link, which is followed only if it is named"});
    } else if (other && other->same_download(part)) {
      beside.parts.push_back(std::move(*other));
    } else {
      beside.unread.push_back({path, std::string(other ? kOtherCopy : kNoPart)});
    }
  }
  sort_by_number(beside.parts);
  // What was downloaded twice is there.
  std::erase_if(beside.unread, [&](const UnreadPart& one) {
    return has_number(beside.parts, number_of(part, one.path));
  });
  std::sort(beside.unread.begin(), beside.unread.end(),
            [](const UnreadPart& a, const UnreadPart& b) { return a.path < b.path; });
  return beside;
}

std::vector<UnreadPart> missing_parts(const std::vector<SplitPart>& parts) {
  std::vector<UnreadPart> missing;
  constexpr std::size_t kMost = 1000;
  if (parts.size() == 1) return missing;
  unsigned expected = 1;
  for (const SplitPart& part : parts) {
    for (; expected < part.number && missing.size() < kMost; ++expected)
      missing.push_back(
          {part_name(parts.front(), expected), "a part of the download that is missing"});
    expected = part.number + 1;
  }
  return missing;
}

std::vector<std::string> split_notices(const std::vector<SplitPart>& parts, std::size_t named) {
  std::vector<std::string> notices;
  const SplitPart& first = parts.front();
  if (parts.size() == 1 && first.number > 1) {
    notices.push_back(first.path + " is one part of a download and is read alone; name " +
                      part_name(first, 1) + " to read them all");
    return notices;
  }
  if (parts.size() > named) {
    notices.push_back(first.path +
                      " is read together with the other parts of the download, up to " +
                      parts.back().path);
  }
  unsigned expected = 1;
  for (const SplitPart& part : parts) {
    if (part.number > expected) {
      notices.push_back(missing_notice(first, expected, part.number - 1));
    }
    expected = part.number + 1;
  }
  return notices;
}

std::string alone_notice(const SplitPart& part, const SplitPart& other) {
  return part.path + " is read alone; name " + other.path + " too if both are of one download";
}

std::optional<std::string> without_copy_mark(const std::string& path) {
  const std::string_view name = base_name(path);
  const std::string_view unpacked = without_packing_suffix(name);
  for (const std::size_t stem : {unpacked.size(), unpacked.rfind('.')}) {
    if (stem == std::string_view::npos) continue;
    const std::size_t end = path.size() - name.size() + stem;
    const std::size_t mark = copy_mark_size(std::string_view(path).substr(0, end));
    if (mark > 0 && mark < stem) return path.substr(0, end - mark) + path.substr(end);
  }
  return std::nullopt;
}

std::vector<std::string> files_of(const std::string& path) {
  const auto part = as_split_part(path);
  if (!part || !part->is_of_takeout()) return {path};
  const auto beside = parts_beside(*part, true);
  if (!beside || beside->parts.empty()) return {path};
  std::vector<std::string> files;
  for (const SplitPart& one : beside->parts) files.push_back(one.path);
  return files;
}

}  // namespace mboxferry::archive
