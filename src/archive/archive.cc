// SPDX-License-Identifier: Apache-2.0
// What an archive is called, and the ways to open it.
#include "mboxferry/archive/archive.h"

#include <array>
#include <cstddef>
#include <numeric>
#include <utility>

#include "archive/file_rules.h"
#include "archive/open_all.h"
#include "archive/opener.h"
#include "archive/tree_root.h"
#include "mboxferry/base/utf8.h"

namespace mboxferry::archive {

std::string_view kind_name(ArchiveKind kind) {
  switch (kind) {
    case ArchiveKind::mbox_file:
      return "mbox file";
    case ArchiveKind::compressed_mbox:
      return "compressed mbox file";
    case ArchiveKind::tree:
      return "directory tree";
    case ArchiveKind::container:
      return "archive of files";
    case ArchiveKind::message_file:
      return "message file";
    case ArchiveKind::standard_input:
      break;
  }
  return "standard input";
}

std::string_view form_name(FolderForm form) {
  constexpr std::array<std::string_view, 4> kNames{"mbox", "maildir", "eml", "emlx"};
  return kNames[static_cast<std::size_t>(form)];
}

std::string Folder::label() const { return joined(path); }

std::string Folder::place() const { return member.empty() ? file : file + ": " + member; }

std::string Folder::inner_place() const {
  if (!member.empty()) return to_utf8(member);
  return root == nullptr ? "" : to_utf8(root->relative(file));
}

std::optional<Folder> under_admitted_name(const Folder& folder,
                                          const std::function<bool(const std::string&)>& admits) {
  if (admits(folder.label())) return folder;
  for (const std::vector<std::string>& path : folder.other_paths) {
    if (!admits(joined(path))) continue;
    Folder renamed = folder;
    renamed.path = path;
    std::replace(renamed.other_paths.begin(), renamed.other_paths.end(), path, folder.path);
    return renamed;
  }
  return std::nullopt;
}

Result<Archive> Archive::open(const std::string& path, const OpenOptions& options) {
  return Opener({}, options).open(path);
}

Result<std::vector<Archive>> Archive::open_all(const std::vector<std::string>& paths,
                                               const OpenOptions& options) {
  return archive::open_all(Opener({}, options), paths);
}

std::uint64_t Archive::bytes_on_disk() const {
  return std::accumulate(
      folders_.begin(), folders_.end(), std::uint64_t{0},
      [](std::uint64_t sum, const Folder& folder) { return sum + folder.bytes_on_disk; });
}

}  // namespace mboxferry::archive
