// SPDX-License-Identifier: Apache-2.0
// The end of central directory record of zip archives (APPNOTE.TXT 4.3.14 to 4.3.16).
#include "archive/zip_end.h"

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "archive/zip_records.h"

namespace mboxferry::archive {
namespace {

using namespace std::string_view_literals;

constexpr std::uint64_t kEndSize = 22;
constexpr std::uint64_t kLongestComment = 65535;

}  // namespace

Result<std::optional<std::uint64_t>> bytes_before_zip(const OpenFile& file) {
  MBOXFERRY_ASSIGN(const auto directory, find_zip_directory(file));
  if (!directory) return std::optional<std::uint64_t>();
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
  const std::size_t at = tail.rfind(kZipEnd);
  if (at == std::string::npos || tail.size() - at < kEndSize) return false;
  const std::string_view end = std::string_view(tail).substr(at);
  return zip_number(end.substr(20, 2)) == end.size() - kEndSize;
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
