// SPDX-License-Identifier: Apache-2.0
// What a folder's files would lose if the power went now.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace power_loss {

/// Remembers how to take back each change that no sync has made durable. The caller holds a lock.
class Unsynced {
 public:
  using FileId = std::uint64_t;

  /// `folder` and what is in it are watched; what must be kept for taking back lies beside it.
  explicit Unsynced(std::string folder);

  [[nodiscard]] bool watches(const std::string& path) const;

  /// Each before the change is made, and only for watched paths and files.
  void before_write(FileId file, off_t offset, std::size_t length);
  void before_truncate(FileId file, off_t size);
  void before_rename(const std::string& from, const std::string& to);
  void before_unlink(const std::string& path);

  void created(const std::string& path);
  /// The file behind `fd`, which is watched; `path` is its name.
  FileId file_of(int fd, const std::string& path);

  void synced(FileId file);
  void folder_synced(const std::string& path);

  /// Takes back everything, or with a seed some sectors of what was written, in any mixture, and
  /// the last of the changes of names.
  void lose(std::optional<std::uint64_t> seed);

 private:
  struct Change {
    off_t offset = 0;
    std::vector<char> before;  ///< bytes at `offset` until the end of the change
    off_t size_before = 0;
  };
  struct File {
    int fd = -1;  ///< our own, never closed: closing it would drop the process's locks
    std::vector<Change> changes;
  };
  struct NameChange {
    enum class Kind { created, renamed, unlinked } kind;
    std::string path;
    std::string target;  ///< of a rename
    std::string backup;  ///< a second name of what was there, empty: nothing was
  };

  std::string keep(const std::string& path);
  void keep_bytes(FileId file, off_t offset, std::size_t length);
  static void lose_changes(const File& file, std::optional<std::uint64_t> seed);
  static void take_back(const NameChange& change);

  std::string folder_;
  std::string backups_;
  int next_backup_ = 0;
  std::map<FileId, File> files_;
  std::vector<NameChange> names_;
};

}  // namespace power_loss
