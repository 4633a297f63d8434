// SPDX-License-Identifier: Apache-2.0
// Finds out what a path is and which folders it holds.
#include "archive/opener.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstddef>
#include <iterator>
#include <memory>
#include <span>
#include <utility>

#include "archive/compressed_file.h"
#include "archive/container_scan.h"
#include "archive/file_kind.h"
#include "archive/file_rules.h"
#include "archive/folder_list.h"
#include "archive/folder_path.h"
#include "archive/tree.h"

namespace mboxferry::archive {
namespace {

Error unreadable_kind(const std::string& path, std::string_view kind) {
  return Error{ErrorCode::not_mail,
               "cannot read " + path + ": it is " + std::string(kind) + ", not an mbox file",
               "unpack it, and name the file or directory that comes out"};
}

Error no_mail(const std::string& path, bool has_encrypted) {
  if (has_encrypted) {
    return Error{ErrorCode::not_mail, path + " is encrypted: nothing in it can be read",
                 "unpack it with its password, and name the file or directory that comes out"};
  }
  return Error{ErrorCode::not_mail, path + " holds no mbox file",
               "check that this is the file you mean"};
}

}  // namespace

Result<Archive> Opener::open(const std::string& path) const {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return cannot_open(path, errno);
  if (S_ISDIR(status.st_mode)) return open_tree(path);
  MBOXFERRY_ASSIGN(OpenFile file, OpenFile::open(path));
  return open_file(std::move(file));
}

Result<Archive> Opener::open_tree(const std::string& path) const {
  MBOXFERRY_ASSIGN(Tree tree, read_tree(path, last_segment(path)));
  if (tree.folders.empty()) {
    return Error{ErrorCode::not_mail, path + " is a directory that holds no mbox file",
                 "name an mbox file, or the directory that holds them"};
  }
  Archive archive;
  archive.path_ = path;
  archive.kind_ = ArchiveKind::tree;
  archive.is_tree_ = true;
  archive.folders_ = std::move(tree.folders);
  archive.left_out_ = std::move(tree.left_out);
  return archive;
}

Result<Archive> Opener::open_file(OpenFile file) const {
  const std::string path = file.path();
  Folder folder;
  folder.file = path;
  folder.bytes_on_disk = file.size();
  std::string head(kHeadBytes, '\0');
  MBOXFERRY_ASSIGN(const std::size_t size, file.read_at(0, std::span<char>(head)));
  head.resize(size);
  const bool compressed = is_compressed(head);
  if (compressed) {
    const auto source = open_compressed_file(std::move(file), limits_);
    MBOXFERRY_ASSIGN(head, read_head(*source));
  }
  if (container_format(head)) return open_containers({path}, {});
  const std::string_view kind = container_name(head);
  if (!kind.empty()) return unreadable_kind(path, kind);
  folder.path = folder_path(last_segment(path), {}, compressed);
  Archive archive;
  archive.path_ = path;
  archive.kind_ = compressed ? ArchiveKind::compressed_mbox : ArchiveKind::mbox_file;
  archive.folders_.push_back(std::move(folder));
  return archive;
}

Result<Archive> Opener::open_containers(const std::vector<std::string>& paths,
                                        std::vector<std::string> notices) const {
  std::vector<FoundFolder> found;
  LeftOut left_out;
  bool has_encrypted = false;
  for (const std::string& path : paths) {
    MBOXFERRY_ASSIGN(OpenFile file, OpenFile::open(path));
    MBOXFERRY_ASSIGN(
        auto contents,
        scan_container(std::make_shared<const OpenFile>(std::move(file)), limits_, left_out));
    std::move(contents.folders.begin(), contents.folders.end(), std::back_inserter(found));
    has_encrypted = has_encrypted || contents.has_encrypted;
  }
  if (found.empty()) return no_mail(paths.front(), has_encrypted);
  std::string root_name(without_packing_suffix(last_segment(paths.front())));
  strip_common_directories(found, root_name);
  Archive archive;
  archive.path_ = paths.front();
  archive.kind_ = ArchiveKind::container;
  archive.folders_ = name_folders(std::move(found), root_name);
  archive.is_tree_ = archive.folders_.size() > 1;
  archive.left_out_ = left_out.lines();
  archive.notices_ = std::move(notices);
  return archive;
}

}  // namespace mboxferry::archive
