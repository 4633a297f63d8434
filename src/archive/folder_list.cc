// SPDX-License-Identifier: Apache-2.0
// Collects the folders that are found in an archive, and names them.
#include "archive/folder_list.h"

#include <algorithm>
#include <map>
#include <utility>

#include "archive/file_rules.h"
#include "archive/folder_path.h"
#include "archive/maildir.h"

namespace mboxferry::archive {
namespace {

std::vector<std::string> path_of(const FoundFolder& one, const std::string& root_name) {
  switch (one.folder.form) {
    case FolderForm::mbox:
      return folder_path(one.relative, root_name, one.compressed);
    case FolderForm::maildir:
      return maildir_path(one.relative);
    case FolderForm::eml:
      return directory_path(one.relative, root_name);
    case FolderForm::emlx:
      break;
  }
  return emlx_path(one.relative, root_name);
}

// Where a link leads that may lead to another one.
std::string end_of(const InnerLink& link, const std::map<std::string, std::string>& targets) {
  constexpr int kMostSteps = 8;
  std::string target = link.target;
  for (int step = 0; step < kMostSteps; ++step) {
    const auto further = targets.find(target);
    if (further == targets.end()) break;
    target = further->second;
  }
  return target;
}

}  // namespace

FoundFolder other_name(const FoundFolder& one, std::string relative) {
  FoundFolder other;
  other.other_name_of = one.folder.place();
  other.folder.form = one.folder.form;
  other.relative = std::move(relative);
  other.compressed = one.compressed;
  return other;
}

std::optional<InnerLink> add_linked_names(std::vector<FoundFolder>& found,
                                          std::vector<InnerLink> links, NameBudget& names) {
  std::sort(links.begin(), links.end(),
            [](const InnerLink& a, const InnerLink& b) { return a.path < b.path; });
  std::map<std::string, std::string> targets;
  for (const InnerLink& link : links) targets.emplace(link.path, link.target);
  std::multimap<std::string, std::size_t> folders;
  for (std::size_t i = 0; i < found.size() && !links.empty(); ++i) {
    if (found[i].other_name_of.empty()) folders.emplace(found[i].relative, i);
  }
  for (const InnerLink& link : links) {
    const std::string target = end_of(link, targets);
    const std::string below = target + '/';
    // A link to a directory above itself has no end, and is no place where mail is kept.
    if (target.empty() || target == "." || (link.path + '/').starts_with(below)) continue;
    // What lies below a directory is between its name with a slash and its name with a zero.
    const auto [same, behind_same] = folders.equal_range(target);
    const auto first = folders.lower_bound(below);
    const auto last = folders.lower_bound(target + '0');
    for (const auto& [begin, end] : {std::pair(same, behind_same), std::pair(first, last)}) {
      for (auto one = begin; one != end; ++one) {
        std::string name = link.path + one->first.substr(target.size());
        if (!names.affords(name)) return link;
        found.push_back(other_name(found[one->second], std::move(name)));
      }
    }
  }
  return std::nullopt;
}

std::vector<Folder> name_folders(std::vector<FoundFolder> found, std::string root_name) {
  std::vector<Folder> folders;
  std::map<std::string, std::size_t> by_place;
  for (FoundFolder& one : found) {
    if (!one.other_name_of.empty()) continue;
    one.folder.path = path_of(one, root_name);
    by_place.emplace(one.folder.place(), folders.size());
    folders.push_back(std::move(one.folder));
  }
  for (const FoundFolder& other : found) {
    const auto one = by_place.find(other.other_name_of);
    if (other.other_name_of.empty() || one == by_place.end()) continue;
    folders[one->second].other_paths.push_back(path_of(other, root_name));
  }
  return folders;
}

}  // namespace mboxferry::archive
