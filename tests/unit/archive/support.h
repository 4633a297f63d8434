// SPDX-License-Identifier: Apache-2.0
// Temporary files and compressed bytes for the archive tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/archive/archive.h"
#include "mboxferry/base/byte_source.h"

namespace mboxferry::archive {

inline constexpr std::string_view kMail =
    "From a@example.org Mon Jan  1 00:00:00 2001\nSubject: x\n\nbody\n\n";

/// A directory of its own below the system's temporary one, removed with all it holds.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory();

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + '/' + name; }
  /// Writes a file, with the directories it needs.
  void write(const std::string& name, std::string_view bytes) const;

 private:
  std::string path_;
};

enum class Compression { gzip, bzip2, xz, zstd, lz4 };

/// `bytes` as one member or frame of that compression.
std::string compress(std::string_view bytes, Compression compression);
inline std::string gzip(std::string_view bytes) { return compress(bytes, Compression::gzip); }

/// Text that does not compress to nothing, and tells where it was cut.
std::string long_text(std::size_t size);

/// What is read, or the text of the error.
std::string read(ByteSource& source, std::uint64_t offset, std::size_t size);
std::string read_all(ByteSource& source, std::size_t piece);
std::string read_all(const Folder& folder);

enum class ContainerKind { zip, tar };

struct PackedFile {
  std::string name;
  std::string bytes;
  std::int64_t modified = 1'000'000'000;
  std::string hard_link = {};      // what it names, unless empty
  std::string symbolic_link = {};  // what it says, unless empty
};

/// A container of `files`; `options` are those of libarchive's writer.
std::string pack(ContainerKind kind, const std::vector<PackedFile>& files,
                 const std::string& options = "");
inline std::string zip(const std::vector<PackedFile>& files) {
  return pack(ContainerKind::zip, files);
}
inline std::string tar(const std::vector<PackedFile>& files) {
  return pack(ContainerKind::tar, files);
}

/// A line a folder: its path, and its file or its name in a container.
std::string listing(const Archive& archive);
/// A line a message: place, the last part of its name, flags and keywords ("?": none known).
std::string messages(const Folder& folder, std::uint64_t offset = 0);
/// A line for each file that is no mail, and for each that may be and is not read.
std::string left_out(const Archive& archive);
std::string unread(const Archive& archive);
std::uint64_t left_out_count(const Archive& archive);
std::uint64_t unread_count(const Archive& archive);

}  // namespace mboxferry::archive
