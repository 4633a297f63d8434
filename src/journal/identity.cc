// SPDX-License-Identifier: Apache-2.0
// The paths of a job's archives as one text.
#include <algorithm>

#include "mboxferry/journal/journal.h"

namespace mboxferry::journal {
namespace {

constexpr char kEscape = '\\';

std::string escaped(const std::string& path) {
  std::string line(1, kEscape);
  for (const char c : path) {
    if (c == kEscape || c == '\n') line += kEscape;
    line += c == '\n' ? 'n' : c;
  }
  return line;
}

std::string unescaped(std::string_view line) {
  std::string path;
  for (std::size_t at = 1; at < line.size(); ++at) {
    const bool pair = line[at] == kEscape && at + 1 < line.size();
    if (pair) ++at;
    path += pair && line[at] == 'n' ? '\n' : line[at];
  }
  return path;
}

}  // namespace

std::string archive_lines(const std::vector<std::string>& paths) {
  std::string lines;
  for (const std::string& path : paths) {
    const bool odd = path.find('\n') != std::string::npos || path.starts_with(kEscape);
    lines += (odd ? escaped(path) : path) + '\n';
  }
  return lines;
}

std::vector<std::string> archive_paths(std::string_view lines) {
  std::vector<std::string> paths;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    paths.push_back(line.starts_with(kEscape) ? unescaped(line) : std::string(line));
  }
  return paths;
}

}  // namespace mboxferry::journal
