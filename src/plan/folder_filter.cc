// SPDX-License-Identifier: Apache-2.0
// Includes and excludes.
#include "mboxferry/plan/folder_filter.h"

#include <algorithm>

#include "mboxferry/base/glob.h"
#include "mboxferry/base/utf8.h"
#include "plan/name_folding.h"

namespace mboxferry::plan {
namespace {

Result<std::vector<std::string>> prepared(std::vector<std::string> globs, const char* option) {
  for (std::string& glob : globs) {
    while (!glob.empty() && glob.back() == '/') glob.pop_back();
    if (glob.empty() || !is_utf8(glob))
      return Error{ErrorCode::usage, std::string(option) + " has a value that no folder can match",
                   "it takes a folder's path, or a wildcard such as Archive*"};
    glob = comparable_path(glob);
  }
  return globs;
}

bool matches(const std::vector<std::string>& globs, std::string_view path) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](const std::string& glob) { return glob_matches(glob, path); });
}

bool matches_with_parents(const std::vector<std::string>& globs, std::string_view path) {
  for (std::size_t end = path.find('/'); end != std::string_view::npos;
       end = path.find('/', end + 1)) {
    if (matches(globs, path.substr(0, end))) return true;
  }
  return matches(globs, path);
}

}  // namespace

Result<FolderFilter> FolderFilter::create(std::vector<std::string> include,
                                          std::vector<std::string> exclude) {
  FolderFilter filter;
  MBOXFERRY_ASSIGN(filter.include_, prepared(std::move(include), "--include"));
  MBOXFERRY_ASSIGN(filter.exclude_, prepared(std::move(exclude), "--exclude"));
  return filter;
}

bool FolderFilter::admits(std::string_view path) const {
  const std::string whole = comparable_path(path);
  if (matches_with_parents(exclude_, whole)) return false;
  return include_.empty() || matches_with_parents(include_, whole);
}

bool FolderFilter::admits_file(std::string_view path) const {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return admits(path);
  const std::string_view stem = path.substr(0, path.size() - (name.size() - dot));
  const std::string whole = comparable_path(path);
  return !matches_with_parents(exclude_, whole) && admits(stem);
}

}  // namespace mboxferry::plan
