// SPDX-License-Identifier: Apache-2.0
// Collects the folders that are found in an archive, and names them.
#include "archive/folder_list.h"

#include <utility>

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

}  // namespace

std::vector<Folder> name_folders(std::vector<FoundFolder> found, std::string root_name) {
  std::vector<Folder> folders;
  for (FoundFolder& one : found) {
    one.folder.path = path_of(one, root_name);
    folders.push_back(std::move(one.folder));
  }
  return folders;
}

}  // namespace mboxferry::archive
