// SPDX-License-Identifier: Apache-2.0
// Temporary files and compressed bytes for the archive tests.
#pragma once

#include <string>
#include <string_view>

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

enum class Compression { gzip, bzip2, xz, zstd };

/// `bytes` as one member or frame of that compression.
std::string compress(std::string_view bytes, Compression compression);
inline std::string gzip(std::string_view bytes) { return compress(bytes, Compression::gzip); }

}  // namespace mboxferry::archive
