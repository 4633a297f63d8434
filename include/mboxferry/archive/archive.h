// SPDX-License-Identifier: Apache-2.0
// Files and trees of files as named folders of bytes.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/base/byte_source.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

enum class ArchiveKind { mbox_file, compressed_mbox, tree };

std::string_view kind_name(ArchiveKind kind);

/// One named stream of messages inside an archive.
struct Folder {
  std::vector<std::string> path;  ///< UTF-8 segments, `.sbd` and `.mbox` taken off
  std::string file;               ///< where its bytes are
  std::uint64_t bytes_on_disk = 0;
};

/// What tells whether a file is still the one that a journal was made from.
struct Identity {
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
  std::array<std::uint8_t, 32> head{};  ///< SHA-256 of the first 64 KiB (or less) of the file
  std::array<std::uint8_t, 32> tail{};  ///< SHA-256 of the last 64 KiB before `size`

  friend bool operator==(const Identity&, const Identity&) = default;
};

enum class Change { none, touched, grown, different };

/// What the user hands over: one mbox file, a compressed one, or a tree of them.
class Archive {
 public:
  /// Finds the folders of `path`; opens no more than the first bytes of each file.
  static Result<Archive> open(const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] ArchiveKind kind() const { return kind_; }
  [[nodiscard]] std::uint64_t bytes_on_disk() const;
  [[nodiscard]] const std::vector<Folder>& folders() const { return folders_; }
  /// What a tree holds and is not read, each with the reason ("index file of Thunderbird").
  [[nodiscard]] const std::vector<std::string>& left_out() const { return left_out_; }

 private:
  std::string path_;
  ArchiveKind kind_ = ArchiveKind::mbox_file;
  std::vector<Folder> folders_;
  std::vector<std::string> left_out_;
};

/// Opens a folder's bytes: a plain file by position, a compressed one as a stream.
Result<std::unique_ptr<ByteSource>> open_folder(const Folder& folder);

/// Reads what identifies the folder's file now.
Result<Identity> identify(const Folder& folder);

/// Compares with an identity taken earlier. `grown`: longer, and what was there is unchanged as
/// far as head and tail tell; `touched`: same size, other modification time, same head and tail.
Result<Change> compare(const Folder& folder, const Identity& before);

/// A warning text when another program holds the file locked (dot lock, fcntl), else empty.
std::string lock_warning(const Folder& folder);

}  // namespace mboxferry::archive
