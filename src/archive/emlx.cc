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

/// What stands at the end of a file, after `begin` bytes of it.
struct Ending {
  std::uint64_t begin = 0;
  std::string text;

  [[nodiscard]] std::uint64_t end() const { return begin + text.size(); }
  /// Empty when it begins before the text or behind it.
  [[nodiscard]] std::string_view from(std::uint64_t offset) const {
    if (offset < begin || offset > end()) return {};
    return std::string_view(text).substr(static_cast<std::size_t>(offset - begin));
  }
};

/// Reads `file` to its end; of the first `sure` bytes it is known that they are not of the ending.
Result<Ending> read_ending(InputStream& file, std::uint64_t sure) {
  Ending ending;
  MBOXFERRY_ASSIGN(ending.begin, file.skip(sure));
  for (;;) {
    if (ending.text.size() >= 2 * kLongestList) {
      const std::size_t dropped = ending.text.size() - kLongestList;
      ending.text.erase(0, dropped);
      ending.begin += dropped;
    }
    const std::size_t kept = ending.text.size();
    constexpr std::size_t kPieceOfEnding = 16 * 1024;
    ending.text.resize(kept + kPieceOfEnding);
    const auto got = file.read(std::span<char>(ending.text).subspan(kept));
    ending.text.resize(kept + (got ? *got : 0));
    if (!got) return got.error();
    if (*got == 0) return ending;
  }
}

constexpr std::string_view kBlanks(" \t\r\n\0", 5);

bool begins_list(std::string_view text) {
  text.remove_prefix(std::min(text.size(), text.find_first_not_of(kBlanks)));
  return text.starts_with("<?xml") || text.starts_with("<!DOCTYPE plist") ||
         text.starts_with("<plist");
}

bool ends_list(std::string_view text) {
  return text.substr(0, text.find_last_not_of(kBlanks) + 1).ends_with("</plist>");
}

/// Where the property list begins that ends the file; the end of the file when there is none.
std::uint64_t list_begin(const Ending& ending) {
  if (!ends_list(ending.text)) return ending.end();
  for (const std::string_view mark : {"<?xml", "<!DOCTYPE plist", "<plist"}) {
    const std::size_t at = ending.text.rfind(mark);
    if (at != std::string::npos) return ending.begin + at;
  }
  return ending.end();
}

/// Whether the message may end there: the list follows, or nothing.
bool may_end_at(const Ending& ending, std::uint64_t offset) {
  if (offset > ending.end()) return false;
  if (offset < ending.begin) return ends_list(ending.text) && list_begin(ending) == ending.end();
  const std::string_view rest = ending.from(offset);
  return begins_list(rest) || rest.find_first_not_of(kBlanks) == std::string_view::npos;
}

}  // namespace

bool looks_like_emlx(std::string_view head) {
  const auto count = parse_count(head);
  return count && looks_like_message(head.substr(count->line_size));
}

Result<void> read_emlx(InputStream& file, std::optional<std::uint64_t> size,
                       MessageRecord& record) {
  std::string line;
  while (line.size() < kLongestCount && !line.ends_with('\n')) {
    char c = 0;
    MBOXFERRY_ASSIGN(const std::size_t got, file.read({&c, 1}));
    if (got == 0) break;
    line += c;
  }
  const Count count = parse_count(line).value_or(Count{});
  record.skip = count.line_size;
  const std::uint64_t whole = size.value_or(0) - std::min(size.value_or(0), record.skip);
  MBOXFERRY_ASSIGN(const Ending ending,
                   read_ending(file, whole - std::min<std::uint64_t>(whole, kLongestList)));
  record.length = count.value;
  if (count.value == 0 || !may_end_at(ending, count.value)) {
    // The count is wrong, or the file is cut.
    record.length = list_begin(ending);
    const bool cut = count.value > ending.end() && record.length == ending.end();
    record.missing = cut ? count.value - record.length : 0;
  }
  const std::string_view list = ending.from(std::max(record.length, ending.begin));
  const auto flags = parse_flags(list);
  record.has_flags = flags.has_value();
  for (const FlagBit& row : kFlagBits) {
    if (flags && (*flags >> row.bit & 1U) != 0) record.info += row.letter;
  }
  return ok();
}

std::string emlx_directory(const std::string& path) {
  const std::string directory = parent_path(path);
  std::string package;
  std::string above;
  for (std::size_t at = 0; at < directory.size();) {
    const std::size_t end = std::min(directory.find('/', at), directory.size());
    above = directory.substr(0, end);
    if (is_apple_package(base_name(above))) package = above;
    at = end + 1;
  }
  return package.empty() ? directory : package;
}

}  // namespace mboxferry::archive
