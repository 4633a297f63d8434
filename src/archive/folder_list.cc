// SPDX-License-Identifier: Apache-2.0
// Collects the folders that are found in an archive, and names them.
#include "archive/folder_list.h"

#include <algorithm>
#include <utility>

#include "archive/folder_path.h"
#include "archive/maildir.h"

namespace mboxferry::archive {
namespace {

// A Maildir may be the root itself, everything else lies in a directory below it.
std::string directory_part(const FoundFolder& one) {
  const std::size_t slash = one.relative.rfind('/');
  const std::size_t name = slash == std::string::npos ? 0 : slash + 1;
  const bool is_root = one.folder.form == FolderForm::maildir && name < one.relative.size() &&
                       one.relative[name] != '.';
  return is_root ? one.relative + '/' : one.relative.substr(0, name);
}

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

}  // namespace

std::vector<Folder> name_folders(std::vector<FoundFolder> found, std::string root_name) {
  std::vector<Folder> folders;
  for (FoundFolder& one : found) {
    one.folder.path = path_of(one, root_name);
    folders.push_back(std::move(one.folder));
  }
  return folders;
}

void strip_common_directories(std::vector<FoundFolder>& found, std::string& root_name) {
  while (!found.empty()) {
    const std::string parts = directory_part(found.front());
    const std::string first = parts.substr(0, parts.find('/') + 1);
    const bool common = std::all_of(found.begin(), found.end(), [&](const FoundFolder& one) {
      return directory_part(one).starts_with(first);
    });
    if (first.empty() || !common || first.find('@') != std::string::npos) return;
    for (FoundFolder& one : found) one.relative.erase(0, first.size());
    root_name = first.substr(0, first.size() - 1);
  }
}

}  // namespace mboxferry::archive
