// SPDX-License-Identifier: Apache-2.0
// Folder paths to mailbox names.
#include "mboxferry/plan/mapping.h"

#include <fmt/format.h>
#include <strings.h>

#include <string_view>

namespace mboxferry::plan {
namespace {

bool is_control(char character) {
  const auto byte = static_cast<unsigned char>(character);
  return byte < 0x20 || byte == 0x7f;
}

std::string sanitized(std::string_view segment, char separator) {
  while (!segment.empty() && segment.front() == ' ') segment.remove_prefix(1);
  while (!segment.empty() && segment.back() == ' ') segment.remove_suffix(1);
  std::string name(segment);
  for (char& character : name) {
    const bool refused = (separator != 0 && character == separator) || character == '%' ||
                         character == '*' || is_control(character);
    if (refused) character = '_';
  }
  return name.empty() ? "_" : name;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t start = 0;;) {
    const std::size_t end = text.find(separator, start);
    parts.emplace_back(text.substr(start, end - start));
    if (end == std::string_view::npos) return parts;
    start = end + 1;
  }
}

bool is_inbox(const std::string& name) { return strcasecmp(name.c_str(), "INBOX") == 0; }

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

Result<std::vector<std::string>> user_segments(const std::string& mailbox, char separator) {
  std::vector<std::string> segments = split(mailbox, '/');
  if (separator != 0 && separator != '/' && segments.size() == 1)
    segments = split(mailbox, separator);
  for (const std::string& segment : segments) {
    if (segment != sanitized(segment, separator) || mailbox.size() > 1000)
      return Error{ErrorCode::configuration,
                   "'" + sanitized(mailbox, 0) + "' cannot be the name of a mailbox on this server",
                   "leave out empty levels, control characters, % and *, and spaces at the ends of "
                   "a level"};
  }
  return segments;
}

}  // namespace

Result<MappedName> map_folder(const std::vector<std::string>& path, const MappingOptions& options) {
  std::vector<std::string> segments;
  MappedName mapped;
  if (options.mailbox) {
    MBOXFERRY_ASSIGN(segments, user_segments(*options.mailbox, options.separator));
  }
  if (!options.mailbox || options.tree) {
    for (const std::string& segment : path) {
      segments.push_back(sanitized(segment, options.separator));
      if (segments.back() != segment) mapped.renamed_from = joined(path, "/");
    }
  }
  if (options.separator == 0 && segments.size() > 1) {
    mapped.renamed_from = joined(path, "/");
    segments = {joined(segments, "_")};
  }
  if (is_inbox(segments.front())) segments.front() = "INBOX";
  mapped.name = joined(segments, std::string_view(&options.separator, 1));
  const bool has_prefix = mapped.name.rfind(options.prefix, 0) == 0;
  if (mapped.name != "INBOX" && !has_prefix) mapped.name = options.prefix + mapped.name;
  return mapped;
}

}  // namespace mboxferry::plan
