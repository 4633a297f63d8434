// SPDX-License-Identifier: Apache-2.0
// The directory of a zip archive (PKWARE APPNOTE 4.3.12 and 4.3.16).
#include <algorithm>

#include "dmarc/unpack.h"

namespace mboxferry::dmarc {
namespace {

constexpr std::size_t kEndSize = 22;
constexpr std::size_t kEntrySize = 46;
constexpr std::size_t kLocalSize = 30;
constexpr std::size_t kLongestComment = 65535;

std::uint32_t little_endian(std::string_view bytes, std::size_t at, unsigned size) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < size; ++i)
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
  return value;
}

/// The member's bytes, behind its own header.
bool place_member(std::string_view archive, std::size_t local, std::size_t size,
                  ZipMember& member) {
  if (local > archive.size() || archive.size() - local < kLocalSize ||
      !archive.substr(local).starts_with("PK\x03\x04"))
    return false;
  const std::size_t begin = local + kLocalSize + little_endian(archive, local + 26, 2) +
                            little_endian(archive, local + 28, 2);
  if (begin > archive.size()) return false;
  member.packed = archive.substr(begin, size);
  member.is_whole = member.packed.size() == size;
  return true;
}

}  // namespace

bool read_zip(std::string_view archive, std::size_t most, std::vector<ZipMember>& members,
              std::string_view& in_front) {
  members.clear();
  in_front = {};
  const std::size_t end = archive.rfind("PK\x05\x06");
  if (end == std::string_view::npos || archive.size() - end < kEndSize ||
      archive.size() - end > kEndSize + kLongestComment)
    return false;
  const std::size_t directory_size = little_endian(archive, end + 12, 4);
  const std::size_t directory = little_endian(archive, end + 16, 4);
  if (directory_size > end) return false;
  // What stands in front of the archive moves everything.
  const std::size_t begin = end - directory_size;
  if (directory > begin) return false;
  const std::size_t moved = begin - directory;
  in_front = archive.substr(0, moved);
  if (directory_size == 0 && archive.starts_with("PK\x03\x04")) return false;
  std::size_t at = begin;
  while (end - at >= kEntrySize && members.size() < most) {
    if (!archive.substr(at).starts_with("PK\x01\x02")) return false;
    const std::size_t name_size = little_endian(archive, at + 28, 2);
    const std::size_t next = at + kEntrySize + name_size + little_endian(archive, at + 30, 2) +
                             little_endian(archive, at + 32, 2);
    if (next > end) return false;
    ZipMember member;
    member.name = archive.substr(at + kEntrySize, name_size);
    member.is_encrypted = (little_endian(archive, at + 8, 2) & 1U) != 0;
    member.method = static_cast<std::uint16_t>(little_endian(archive, at + 10, 2));
    member.crc = little_endian(archive, at + 16, 4);
    const std::size_t local = moved + little_endian(archive, at + 42, 4);
    if (!place_member(archive, local, little_endian(archive, at + 20, 4), member))
      member.is_whole = false;
    if (!member.name.ends_with('/')) members.push_back(member);
    at = next;
  }
  return true;
}

}  // namespace mboxferry::dmarc
