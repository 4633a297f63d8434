// SPDX-License-Identifier: Apache-2.0
// Downloads in numbered parts.
#include "archive/split_parts.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>
#include <utility>

#include "archive/directory_names.h"
#include "mboxferry/archive/archive.h"
#include "mboxferry/base/ascii.h"

namespace mboxferry::archive {
namespace {

constexpr std::array<std::string_view, 3> kSuffixes{".zip", ".tgz", ".tar.gz"};
constexpr std::size_t kDigits = 3;

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

}  // namespace

std::optional<SplitPart> as_split_part(const std::string& path) {
  for (const std::string_view suffix : kSuffixes) {
    if (!path.ends_with(suffix) || path.size() < suffix.size() + kDigits + 2) continue;
    const std::size_t digits = path.size() - suffix.size() - kDigits;
    const std::string number = path.substr(digits, kDigits);
    const bool numbered = path[digits - 1] == '-' && path[digits - 2] != '/' &&
                          std::all_of(number.begin(), number.end(), is_digit);
    if (!numbered) continue;
    SplitPart part{path, path.substr(0, digits), std::string(suffix),
                   static_cast<unsigned>(std::stoul(number))};
    if (part.number > 0) return part;
  }
  return std::nullopt;
}

Result<std::vector<SplitPart>> parts_beside(const SplitPart& part) {
  const std::size_t slash = part.path.rfind('/');
  const std::string directory = slash == std::string::npos ? "" : part.path.substr(0, slash + 1);
  std::vector<SplitPart> parts;
  MBOXFERRY_ASSIGN(DirectoryNames names, DirectoryNames::open(directory.empty() ? "." : directory));
  for (;;) {
    MBOXFERRY_ASSIGN(const auto name, names.next());
    if (!name) break;
    auto other = as_split_part(directory + *name);
    if (other && other->same_download(part)) parts.push_back(std::move(*other));
  }
  std::sort(parts.begin(), parts.end(),
            [](const SplitPart& a, const SplitPart& b) { return a.number < b.number; });
  return parts;
}

std::vector<std::string> missing_parts(const std::vector<SplitPart>& parts) {
  std::vector<std::string> missing;
  constexpr std::size_t kMost = 1000;
  if (parts.size() == 1) return missing;
  unsigned expected = 1;
  for (const SplitPart& part : parts) {
    for (; expected < part.number && missing.size() < kMost; ++expected)
      missing.push_back(part_name(parts.front(), expected));
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

std::vector<std::string> files_of(const std::string& path) {
  const auto part = as_split_part(path);
  if (!part) return {path};
  const auto beside = parts_beside(*part);
  if (!beside || beside->empty()) return {path};
  std::vector<std::string> files;
  for (const SplitPart& one : *beside) files.push_back(one.path);
  return files;
}

}  // namespace mboxferry::archive
