// SPDX-License-Identifier: Apache-2.0
// The end of central directory record of zip archives (APPNOTE.TXT 4.3.14 to 4.3.16).
#include "archive/zip_end.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>

namespace mboxferry::archive {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kEnd = "PK\x05\x06"sv;
constexpr std::string_view kEnd64 = "PK\x06\x06"sv;
constexpr std::string_view kLocator64 = "PK\x06\x07"sv;
constexpr std::uint64_t kEndSize = 22;
constexpr std::uint64_t kEnd64Size = 56;
constexpr std::uint64_t kLocatorSize = 20;
constexpr std::uint64_t kLongestComment = 65535;
constexpr std::uint64_t kIn64 = 0xffffffff;  // the number is in the record for large archives

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte) {
    value = value << 8U | static_cast<unsigned char>(*byte);
  }
  return value;
}

struct Directory {
  std::uint64_t size = 0;
  std::uint64_t offset = 0;
  std::uint64_t end = 0;  ///< where in the file it ends
};

Result<std::string> bytes_at(const OpenFile& file, std::uint64_t offset, std::uint64_t size) {
  std::string bytes(static_cast<std::size_t>(size), '\0');
  MBOXFERRY_ASSIGN(const std::size_t got, file.read_at(offset, bytes));
  bytes.resize(got);
  return bytes;
}

// Writers put the large record right before its locator.
Result<std::optional<Directory>> large_directory(const OpenFile& file, std::uint64_t end) {
  if (end < kLocatorSize + kEnd64Size) return std::optional<Directory>();
  const std::uint64_t at = end - kLocatorSize - kEnd64Size;
  MBOXFERRY_ASSIGN(const std::string bytes, bytes_at(file, at, kEnd64Size + kLocatorSize));
  const std::string_view record = bytes;
  if (record.size() < kEnd64Size + kLocatorSize || !record.starts_with(kEnd64) ||
      !record.substr(kEnd64Size).starts_with(kLocator64)) {
    return std::optional<Directory>();
  }
  return std::optional(
      Directory{little_endian(record.substr(40, 8)), little_endian(record.substr(48, 8)), at});
}

Result<std::optional<Directory>> directory_of(const OpenFile& file) {
  const std::uint64_t size = std::min(file.size(), kEndSize + kLongestComment);
  const std::uint64_t begin = file.size() - size;
  MBOXFERRY_ASSIGN(const std::string bytes, bytes_at(file, begin, size));
  const std::string_view tail = bytes;
  const std::size_t at = tail.rfind(kEnd);
  if (at == std::string_view::npos || tail.size() - at < kEndSize)
    return std::optional<Directory>();
  const Directory directory{little_endian(tail.substr(at + 12, 4)),
                            little_endian(tail.substr(at + 16, 4)), begin + at};
  if (directory.offset != kIn64 && directory.size != kIn64) return std::optional(directory);
  return large_directory(file, directory.end);
}

}  // namespace

Result<std::optional<std::uint64_t>> bytes_before_zip(const OpenFile& file) {
  MBOXFERRY_ASSIGN(const auto directory, directory_of(file));
  if (!directory || directory->size > directory->end ||
      directory->offset > directory->end - directory->size) {
    return std::optional<std::uint64_t>();
  }
  return std::optional(directory->end - directory->size - directory->offset);
}

Result<bool> ends_with_zip(InputStream& stream) {
  constexpr std::size_t kTail = kEndSize + kLongestComment;
  std::string tail;
  std::array<char, 32 * 1024> buffer{};
  for (;;) {
    MBOXFERRY_ASSIGN(const std::size_t got, stream.read(buffer));
    if (got == 0) break;
    tail.append(buffer.data(), got);
    if (tail.size() > 2 * kTail) tail.erase(0, tail.size() - kTail);
  }
  const std::size_t at = tail.rfind(kEnd);
  if (at == std::string::npos || tail.size() - at < kEndSize) return false;
  const std::string_view end = std::string_view(tail).substr(at);
  return little_endian(end.substr(20, 2)) == end.size() - kEndSize;
}

bool may_precede_zip(std::string_view head) {
  return head.starts_with("MZ") ||
         head.starts_with(
             "\x7f"
             "ELF"sv) ||
         head.starts_with("#!");
}

Result<bool> is_zip_behind_program(const std::shared_ptr<const TreeRoot>& root,
                                   const std::string& path, std::string_view head) {
  if (!may_precede_zip(head)) return false;
  MBOXFERRY_ASSIGN(const OpenFile file, OpenFile::open(root, path));
  MBOXFERRY_ASSIGN(const auto before, bytes_before_zip(file));
  return before.has_value();
}

}  // namespace mboxferry::archive
