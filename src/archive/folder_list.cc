// SPDX-License-Identifier: Apache-2.0
// Collects the folders that are found in an archive, and names them.
#include "archive/folder_list.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "archive/folder_path.h"
#include "mboxferry/base/utf8.h"

namespace mboxferry::archive {
namespace {

constexpr std::size_t kMostLeftOut = 1000;

}  // namespace

void LeftOut::add(std::string_view place, std::string_view reason) {
  lines_.insert(to_utf8(place) + ": " + std::string(reason));
  if (lines_.size() > kMostLeftOut) {
    lines_.erase(std::prev(lines_.end()));
    ++not_listed_;
  }
}

std::vector<std::string> LeftOut::lines() const {
  std::vector<std::string> lines(lines_.begin(), lines_.end());
  if (not_listed_ > 0) lines.push_back("and " + std::to_string(not_listed_) + " more files");
  return lines;
}

std::vector<Folder> name_folders(std::vector<FoundFolder> found, std::string root_name) {
  std::vector<Folder> folders;
  for (FoundFolder& one : found) {
    one.folder.path = folder_path(one.relative, root_name, one.compressed);
    folders.push_back(std::move(one.folder));
  }
  return folders;
}

void strip_common_directories(std::vector<FoundFolder>& found, std::string& root_name) {
  while (!found.empty()) {
    const std::string first = found.front().relative.substr(0, found.front().relative.find('/'));
    const bool common = std::all_of(found.begin(), found.end(), [&](const FoundFolder& one) {
      return one.relative.size() > first.size() && one.relative.starts_with(first) &&
             one.relative[first.size()] == '/';
    });
    if (!common || first.find('@') != std::string::npos) return;
    for (FoundFolder& one : found) one.relative.erase(0, first.size() + 1);
    root_name = first;
  }
}

}  // namespace mboxferry::archive
