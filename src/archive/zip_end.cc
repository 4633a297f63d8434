// SPDX-License-Identifier: Apache-2.0
// The end of central directory record of zip archives (APPNOTE.TXT 4.3.14 to 4.3.16).
#include "archive/zip_end.h"

#include <algorithm>
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

Result<bool> is_last_zip_part(const std::shared_ptr<const TreeRoot>& root,
                              const std::string& path) {
  constexpr std::uint64_t kTail = 16 * 1024;
  MBOXFERRY_ASSIGN(const OpenFile file, OpenFile::open(root, path));
  std::string tail(static_cast<std::size_t>(std::min(file.size(), kTail)), '\0');
  MBOXFERRY_ASSIGN(const std::size_t got, file.read_at(file.size() - tail.size(), tail));
  tail.resize(got);
  const std::size_t at = tail.rfind(kZipEnd);
  if (at == std::string::npos || tail.size() - at < kEndSize) return false;
  const std::string_view end = std::string_view(tail).substr(at);
  const bool is_whole = zip_number(end.substr(20, 2)) == end.size() - kEndSize;
  return is_whole && zip_number(end.substr(4, 2)) != 0;
}

// A mail file has a line end there, so that one look decides almost always.
Result<std::uint64_t> zip_behind_mail(const std::shared_ptr<const TreeRoot>& root,
                                      const std::string& path) {
  MBOXFERRY_ASSIGN(const OpenFile file, OpenFile::open(root, path));
  if (file.size() <= kEndSize) return std::uint64_t{0};
  std::array<char, kEndSize> end{};
  MBOXFERRY_ASSIGN(const std::size_t got, file.read_at(file.size() - kEndSize, end));
  if (!std::string_view(end.data(), got).starts_with(kZipEnd)) return std::uint64_t{0};
  MBOXFERRY_ASSIGN(const auto before, bytes_before_zip(file));
  if (!before || *before == 0) return std::uint64_t{0};
  std::array<char, 4> begin{};
  MBOXFERRY_ASSIGN(const std::size_t size, file.read_at(*before, begin));
  const bool is_zip = std::string_view(begin.data(), size) == kZipLocal;
  return is_zip ? file.size() - *before : std::uint64_t{0};
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
