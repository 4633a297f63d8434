// SPDX-License-Identifier: Apache-2.0
// Finds out what a path is and which folders it holds.
#include "mboxferry/archive/archive.h"

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <numeric>
#include <utility>

#include "archive/file_kind.h"
#include "archive/folder_path.h"
#include "archive/open_file.h"
#include "archive/tree.h"

namespace mboxferry::archive {
namespace {

// The last segment, also of "a/b/" and for "." the name of the directory itself.
std::string last_segment(const std::string& path) {
  std::string plain = path;
  while (plain.size() > 1 && plain.ends_with('/')) plain.pop_back();
  return plain.substr(plain.rfind('/') + 1);
}

Result<void> refuse_container(const std::string& path, std::string_view head) {
  const std::string_view name = container_name(head);
  if (name.empty()) return ok();
  return Error{ErrorCode::not_mail,
               "cannot read " + path + ": it is " + std::string(name) + ", not an mbox file",
               "unpack it, and name the file or directory that comes out"};
}

}  // namespace

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

std::string Folder::place() const { return member.empty() ? file : file + ": " + member; }

Result<Archive> Archive::open(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return cannot_open(path, errno);
  Archive archive;
  archive.path_ = path;
  if (S_ISDIR(status.st_mode)) {
    MBOXFERRY_ASSIGN(Tree tree, read_tree(path, last_segment(path)));
    if (tree.folders.empty()) {
      return Error{ErrorCode::not_mail, path + " is a directory that holds no mbox file",
                   "name an mbox file, or the directory that holds them"};
    }
    archive.kind_ = ArchiveKind::tree;
    archive.is_tree_ = true;
    archive.folders_ = std::move(tree.folders);
    archive.left_out_ = std::move(tree.left_out);
    return archive;
  }
  Folder folder;
  folder.file = path;
  folder.bytes_on_disk = static_cast<std::uint64_t>(status.st_size);
  MBOXFERRY_ASSIGN(const OpenFile file, OpenFile::open(path));
  std::string head(kHeadBytes, '\0');
  MBOXFERRY_ASSIGN(const std::size_t size,
                   file.read_at(0, std::span<char>(head.data(), head.size())));
  head.resize(size);
  const bool compressed = is_compressed(head);
  if (compressed) {
    MBOXFERRY_ASSIGN(const auto source, open_folder(folder));
    MBOXFERRY_ASSIGN(head, read_head(*source));
    archive.kind_ = ArchiveKind::compressed_mbox;
  }
  MBOXFERRY_TRY(refuse_container(path, head));
  folder.path = folder_path(last_segment(path), {}, compressed);
  archive.folders_.push_back(std::move(folder));
  return archive;
}

Result<std::vector<Archive>> Archive::open_all(const std::vector<std::string>& paths) {
  std::vector<Archive> archives;
  for (const std::string& path : paths) {
    MBOXFERRY_ASSIGN(auto archive, open(path));
    archives.push_back(std::move(archive));
  }
  return archives;
}

std::uint64_t Archive::bytes_on_disk() const {
  return std::accumulate(
      folders_.begin(), folders_.end(), std::uint64_t{0},
      [](std::uint64_t sum, const Folder& folder) { return sum + folder.bytes_on_disk; });
}

}  // namespace mboxferry::archive
