// SPDX-License-Identifier: Apache-2.0
// Records of zip archives (APPNOTE.TXT 4.3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "archive/open_file.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

inline constexpr std::string_view kZipLocal = "PK\x03\x04";
inline constexpr std::string_view kZipEntry = "PK\x01\x02";
inline constexpr std::string_view kZipSignature = "PK\x05\x05";
inline constexpr std::string_view kZipEnd = "PK\x05\x06";
inline constexpr std::string_view kZipEnd64 = "PK\x06\x06";
inline constexpr std::string_view kZipLocator64 = "PK\x06\x07";

/// Numbers have the lowest byte first.
std::uint64_t zip_number(std::string_view bytes);

/// What the record at the end of a zip archive says, and where things are in the file.
struct ZipDirectory {
  std::uint64_t size = 0;
  std::uint64_t offset = 0;  ///< where the directory begins, from the archive's beginning
  std::uint64_t members = 0;
  std::uint64_t end = 0;     ///< of the directory, in the file
  std::uint64_t behind = 0;  ///< where what follows the archive begins, in the file
};

/// The directory that libarchive finds from the end of `file`; nothing when it finds none.
Result<std::optional<ZipDirectory>> find_zip_directory(const OpenFile& file);

/// A member as the directory lists it.
struct ZipEntry {
  std::uint64_t at = 0;      ///< of the record, in the file
  std::uint64_t offset = 0;  ///< of the member, from the archive's beginning
  std::uint64_t size = 0;    ///< packed
};

/// Reads the records of a directory one after the other.
class ZipRecordReader {
 public:
  ZipRecordReader(const OpenFile& file, std::uint64_t offset) : file_(file), begin_(offset) {}

  /// The next member. Nothing where another record, or anything else, begins; before the first
  /// member anything is passed over.
  Result<std::optional<ZipEntry>> next_entry();
  /// Where the next record begins.
  [[nodiscard]] std::uint64_t offset() const { return begin_ + used_; }

 private:
  Result<std::string_view> peek(std::size_t size);
  Result<bool> find_first();

  const OpenFile& file_;
  std::string buffer_;
  std::uint64_t begin_;  ///< where in the file the buffer begins
  std::size_t used_ = 0;
  bool has_first_ = false;
};

}  // namespace mboxferry::archive
