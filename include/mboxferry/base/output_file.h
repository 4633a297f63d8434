// SPDX-License-Identifier: Apache-2.0
// The one way to write a file: never through a link, and never onto anything but a regular file.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "mboxferry/base/file.h"
#include "mboxferry/base/result.h"

namespace mboxferry {

/// True for names directly in /dev, and below /proc, where /dev/fd is: /dev/stdout may lead to a
/// file, and is no place for another one. /dev/shm has files like any others.
bool is_among_devices(const std::string& path);

/// A new file in the same directory as the one that it is to replace.
struct FileBeside {
  std::string name;
  FileDescriptor file;  ///< for writing
};

/// Creates a file that no one else can have prepared, to be put in the place of `path`. A file that
/// is there already gives its owner and permissions, which no one but its owner and root can do; a
/// new one has `mode` as the umask leaves it. A link to a file at `path` is replaced and not
/// followed. Fails with `cannot_create`, also where a directory, device, pipe or socket has the
/// name, or a link leads to one, and for links below /dev and /proc: as root /dev/stdout would be
/// replaced.
Result<FileBeside> create_beside(const std::string& path, mode_t mode = 0600);

/// A file that takes the place of another one as a whole: a reader sees the old or the new one,
/// also after a power cut. One that is not committed leaves nothing behind.
class OutputFile {
 public:
  static Result<OutputFile> create(const std::string& path, mode_t mode = 0600);
  OutputFile(OutputFile&& other) noexcept = default;
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();

  Result<void> write(std::string_view bytes);
  /// Makes it durable under its name.
  Result<void> commit();

 private:
  OutputFile(std::string path, FileBeside beside)
      : path_(std::move(path)), beside_(std::move(beside)) {}

  std::string path_;
  FileBeside beside_;  ///< its descriptor is closed when there is nothing to remove
};

/// The first bytes of a file that may be replaced, `most` of them; nothing when no regular file is
/// there that can be read.
std::string beginning_of(const std::string& path, std::size_t most);

/// Fails with `cannot_create` when a file is there, is not empty and begins with none of these: it
/// may be an archive or a journal that was named by mistake. To be asked before a file is replaced.
Result<void> refuse_other_content(const std::string& path,
                                  std::span<const std::string_view> beginnings);

/// Opens a log to append to it; a new one is readable by its owner alone. Fails with
/// `cannot_create` unless it is a regular file of this user, under this one name, and empty or one
/// whose lines begin with a time (RFC 3339).
Result<FileDescriptor> open_log(const std::string& path);

}  // namespace mboxferry
