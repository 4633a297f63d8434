// SPDX-License-Identifier: Apache-2.0
// Folder paths as an indented tree.
#include "cli/scan_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "mboxferry/report/printable.h"

namespace mboxferry::cli {
namespace {

using report::printable;

/// Writes the levels of `path` that `before`, the path of the line above, has not.
Result<void> write_parents(report::TextOutput& out, const std::vector<std::string>& path,
                           const std::vector<std::string>& before) {
  const auto parents = path.end() - 1;
  const auto common =
      std::mismatch(path.begin(), parents, before.begin(), before.end()).first - path.begin();
  for (auto level = static_cast<std::size_t>(common); level + 1 < path.size(); ++level) {
    MBOXFERRY_TRY(out.write(fmt::format("{:{}}{}\n", "", 2 + 2 * level, printable(path[level]))));
  }
  return ok();
}

/// Where the folder is, unless the archive's own path says it.
std::string place_of(const archive::Folder& folder, const archive::Archive& archive) {
  std::string place = folder.place();
  if (place.starts_with(archive.path())) place.erase(0, archive.path().size());
  const std::size_t begin = place.find_first_not_of("/: ");
  return begin == std::string::npos ? "" : place.substr(begin);
}

}  // namespace

Result<void> write_scan_tree(report::TextOutput& out, const archive::Archive& archive) {
  if (archive.folders().size() < 2) return ok();
  std::vector<const archive::Folder*> folders;
  for (const archive::Folder& folder : archive.folders()) folders.push_back(&folder);
  std::stable_sort(folders.begin(), folders.end(),
                   [](const auto* a, const auto* b) { return a->path < b->path; });
  MBOXFERRY_TRY(out.write(fmt::format("{} holds {}:\n", printable(archive.path()),
                                      report::counted(folders.size(), "folder"))));
  std::vector<std::string> before;
  for (const archive::Folder* folder : folders) {
    MBOXFERRY_TRY(write_parents(out, folder->path, before));
    before = folder->path;
    MBOXFERRY_TRY(out.write(fmt::format(
        "{:{}}{}  ({}, {}{})\n", "", 2 * folder->path.size(), printable(folder->path.back()),
        printable(place_of(*folder, archive)), report::human_bytes(folder->bytes_on_disk),
        folder->form == archive::FolderForm::mbox
            ? ""
            : fmt::format(", {}", archive::form_name(folder->form)))));
  }
  return out.write("\n");
}

}  // namespace mboxferry::cli
