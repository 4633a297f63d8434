// SPDX-License-Identifier: Apache-2.0
// Magic bytes.
#include "archive/file_kind.h"

#include <array>
#include <span>

namespace mboxferry::archive {
namespace {

using namespace std::string_view_literals;

constexpr std::array<std::string_view, 4> kCompressed{"\x1f\x8b"sv, "BZh"sv, "\xfd\x37zXZ\0"sv,
                                                      "\x28\xb5\x2f\xfd"sv};

struct Container {
  std::size_t offset;
  std::string_view magic;
  std::string_view name;
};
constexpr std::array<Container, 7> kContainers{{
    {0, "PK\x03\x04"sv, "a zip archive"sv},
    {0, "PK\x05\x06"sv, "an empty zip archive"sv},
    {257, "ustar"sv, "a tar archive"sv},
    {0, "7z\xbc\xaf\x27\x1c"sv, "a 7z archive"sv},
    {0, "Rar!\x1a\x07"sv, "a rar archive"sv},
    {0, "!BDN"sv, "an Outlook data file"sv},
    {0, "SQLite format 3\0"sv, "an SQLite database"sv},
}};

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf"sv;

}  // namespace

bool is_compressed(std::string_view head) {
  for (const std::string_view magic : kCompressed) {
    if (head.starts_with(magic)) return true;
  }
  return false;
}

std::string_view container_name(std::string_view head) {
  for (const Container& row : kContainers) {
    if (head.size() >= row.offset && head.substr(row.offset).starts_with(row.magic)) {
      return row.name;
    }
  }
  return {};
}

bool looks_like_mbox(std::string_view head) {
  if (head.starts_with(kByteOrderMark)) head.remove_prefix(kByteOrderMark.size());
  while (!head.empty() && (head.front() == '\n' || head.front() == '\r')) head.remove_prefix(1);
  return head.starts_with("From ") || head.starts_with(">From ");
}

Result<std::string> read_head(ByteSource& source) {
  std::string head(kHeadBytes, '\0');
  MBOXFERRY_ASSIGN(const std::size_t size,
                   source.read_at(0, std::span<char>(head.data(), head.size())));
  head.resize(size);
  return head;
}

}  // namespace mboxferry::archive
