// SPDX-License-Identifier: Apache-2.0
// Records of zip archives.
#include "archive/zip_records.h"

#include <algorithm>

namespace mboxferry::archive {
namespace {

constexpr std::uint64_t kEndRecordSize = 22;
constexpr std::uint64_t kIn64Bits = 0xffffffff;  // the number is in a field for large archives

Result<std::string> part_of(const OpenFile& file, std::uint64_t offset, std::uint64_t size) {
  std::string bytes(static_cast<std::size_t>(size), '\0');
  MBOXFERRY_ASSIGN(const std::size_t got, file.read_at(offset, bytes));
  bytes.resize(got);
  return bytes;
}

// Writers put the large record right before its locator, which `end` is behind.
Result<bool> read_end64(const OpenFile& file, std::uint64_t end, ZipDirectory& directory) {
  constexpr std::uint64_t kRecord = 56;
  constexpr std::uint64_t kLocator = 20;
  if (end < kRecord + kLocator) return false;
  const std::uint64_t at = end - kLocator - kRecord;
  MBOXFERRY_ASSIGN(const std::string bytes, part_of(file, at, kRecord + kLocator));
  const std::string_view record = bytes;
  if (record.size() < kRecord + kLocator || !record.starts_with(kZipEnd64) ||
      !record.substr(kRecord).starts_with(kZipLocator64)) {
    return false;
  }
  directory.members = zip_number(record.substr(32, 8));
  directory.size = zip_number(record.substr(40, 8));
  directory.offset = zip_number(record.substr(48, 8));
  directory.end = at;
  return true;
}

// The field for large archives holds only the numbers that do not fit elsewhere, in this order.
void read_extra(std::string_view extra, std::uint64_t unpacked, ZipEntry& entry) {
  while (extra.size() >= 4) {
    const std::uint64_t id = zip_number(extra.substr(0, 2));
    const std::uint64_t size = zip_number(extra.substr(2, 2));
    extra.remove_prefix(4);
    if (id == 1) {
      std::string_view field = extra.substr(0, size);
      const auto take = [&](std::uint64_t& number) {
        if (number != kIn64Bits || field.size() < 8) return;
        number = zip_number(field.substr(0, 8));
        field.remove_prefix(8);
      };
      take(unpacked);
      take(entry.size);
      take(entry.offset);
      return;
    }
    extra.remove_prefix(std::min<std::size_t>(extra.size(), size));
  }
}

}  // namespace

std::uint64_t zip_number(std::string_view bytes) {
  std::uint64_t value = 0;
  for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte) {
    value = value << 8U | static_cast<unsigned char>(*byte);
  }
  return value;
}

Result<std::optional<ZipDirectory>> find_zip_directory(const OpenFile& file) {
  // libarchive looks no farther back.
  constexpr std::uint64_t kTail = 16 * 1024;
  const std::uint64_t size = std::min(file.size(), kTail);
  const std::uint64_t begin = file.size() - size;
  MBOXFERRY_ASSIGN(const std::string bytes, part_of(file, begin, size));
  const std::string_view tail = bytes;
  if (tail.size() < kEndRecordSize) return std::optional<ZipDirectory>();
  const std::size_t at = tail.rfind(kZipEnd, tail.size() - kEndRecordSize);
  if (at == std::string_view::npos || at == 0) return std::optional<ZipDirectory>();
  const auto field = [&](std::size_t from, std::size_t width) {
    return zip_number(tail.substr(at + from, width));
  };
  ZipDirectory directory;
  directory.members = field(10, 2);
  directory.size = field(12, 4);
  directory.offset = field(16, 4);
  directory.end = begin + at;
  directory.behind = directory.end + kEndRecordSize + field(20, 2);
  // Some writers add the large record where all numbers fit.
  MBOXFERRY_TRY(read_end64(file, directory.end, directory));
  const bool is_one_volume = field(4, 2) == field(6, 2) && field(8, 2) == field(10, 2);
  const bool fits =
      directory.size <= directory.end && directory.offset <= directory.end - directory.size;
  if (!fits || !is_one_volume) return std::optional<ZipDirectory>();
  return std::optional(directory);
}

Result<std::string_view> ZipRecordReader::peek(std::size_t size) {
  constexpr std::size_t kPiece = 256 * 1024;  // longer than any record
  if (buffer_.size() - used_ < size) {
    begin_ += used_;
    used_ = 0;
    MBOXFERRY_ASSIGN(buffer_, part_of(file_, begin_, kPiece));
  }
  return std::string_view(buffer_).substr(used_);
}

Result<bool> ZipRecordReader::find_first() {
  for (;;) {
    MBOXFERRY_ASSIGN(const std::string_view bytes, peek(kZipEntry.size()));
    if (bytes.size() < kZipEntry.size()) return false;
    const std::size_t entry = bytes.find(kZipEntry);
    if (bytes.substr(0, entry).find(kZipEnd) != std::string_view::npos) return false;
    if (entry != std::string_view::npos) {
      used_ += entry;
      return true;
    }
    used_ += bytes.size() - (kZipEntry.size() - 1);
  }
}

Result<std::optional<ZipEntry>> ZipRecordReader::next_entry() {
  constexpr std::size_t kFixed = 46;
  if (!has_first_) {
    MBOXFERRY_ASSIGN(has_first_, find_first());
    if (!has_first_) return std::optional<ZipEntry>();
  }
  MBOXFERRY_ASSIGN(std::string_view bytes, peek(kFixed));
  if (bytes.size() < kFixed || !bytes.starts_with(kZipEntry)) return std::optional<ZipEntry>();
  const auto field = [&bytes](std::size_t at, std::size_t width) {
    return zip_number(bytes.substr(at, width));
  };
  const std::size_t name = field(28, 2);
  const std::size_t extra = field(30, 2);
  ZipEntry entry{offset(), field(42, 4), field(20, 4)};
  const std::size_t whole = kFixed + name + extra + field(32, 2);
  MBOXFERRY_ASSIGN(bytes, peek(whole));
  if (bytes.size() < whole) return std::optional<ZipEntry>();
  read_extra(bytes.substr(kFixed + name, extra), field(24, 4), entry);
  used_ += whole;
  return std::optional(entry);
}

}  // namespace mboxferry::archive
