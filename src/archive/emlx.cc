// SPDX-License-Identifier: Apache-2.0
// Apple Mail's message files.
#include "archive/emlx.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <span>

#include "archive/file_kind.h"
#include "archive/file_rules.h"

namespace mboxferry::archive {
namespace {

constexpr std::size_t kLongestCount = 32;
constexpr std::size_t kLongestList = 64 * 1024;

struct Count {
  std::uint64_t value = 0;
  std::size_t line_size = 0;
};

// "1234      \n"
std::optional<Count> parse_count(std::string_view head) {
  const std::size_t end = head.substr(0, kLongestCount).find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  Count count;
  count.line_size = end + 1;
  const auto parsed = std::from_chars(head.data(), head.data() + end, count.value);
  const auto used = static_cast<std::size_t>(parsed.ptr - head.data());
  const bool blank = head.substr(used, end - used).find_first_not_of(" \t\r") == std::string::npos;
  if (parsed.ec != std::errc() || !blank) return std::nullopt;
  return count;
}

std::optional<std::uint64_t> parse_flags(std::string_view list) {
  constexpr std::string_view kKey = "<key>flags</key>";
  constexpr std::string_view kValue = "<integer>";
  const std::size_t key = list.find(kKey);
  if (key == std::string_view::npos) return std::nullopt;
  list.remove_prefix(key + kKey.size());
  list.remove_prefix(std::min(list.size(), list.find_first_not_of(" \t\r\n")));
  if (!list.starts_with(kValue)) return std::nullopt;
  list.remove_prefix(kValue.size());
  std::uint64_t flags = 0;
  const auto parsed = std::from_chars(list.data(), list.data() + list.size(), flags);
  return parsed.ec == std::errc() ? std::optional(flags) : std::nullopt;
}

struct FlagBit {
  unsigned bit;
  char letter;
};
constexpr std::array<FlagBit, 6> kFlagBits{
    {{0, 'S'}, {1, 'T'}, {2, 'R'}, {4, 'F'}, {6, 'D'}, {8, 'P'}}};

Result<std::string> read_rest(InputStream& file) {
  std::string text(kLongestList, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    MBOXFERRY_ASSIGN(const std::size_t got, file.read(std::span<char>(text).subspan(size)));
    if (got == 0) break;
    size += got;
  }
  text.resize(size);
  return text;
}

}  // namespace

bool looks_like_emlx(std::string_view head) {
  const auto count = parse_count(head);
  return count && looks_like_message(head.substr(count->line_size));
}

Result<void> read_emlx(InputStream& file, MessageRecord& record) {
  std::string line;
  while (line.size() < kLongestCount && !line.ends_with('\n')) {
    char c = 0;
    MBOXFERRY_ASSIGN(const std::size_t got, file.read({&c, 1}));
    if (got == 0) break;
    line += c;
  }
  const Count count = parse_count(line).value_or(Count{});
  record.skip = count.line_size;
  MBOXFERRY_ASSIGN(record.length, file.skip(count.value));
  record.missing = count.value - record.length;
  MBOXFERRY_ASSIGN(const std::string list, read_rest(file));
  const auto flags = parse_flags(list);
  record.has_flags = flags.has_value();
  for (const FlagBit& row : kFlagBits) {
    if (flags && (*flags >> row.bit & 1U) != 0) record.info += row.letter;
  }
  return ok();
}

std::string emlx_directory(const std::string& path) {
  const std::string directory = parent_path(path);
  constexpr std::string_view kPackage = ".mbox/";
  const std::size_t package = (directory + '/').rfind(kPackage);
  if (package == std::string::npos) return directory;
  return directory.substr(0, package + kPackage.size() - 1);
}

}  // namespace mboxferry::archive
