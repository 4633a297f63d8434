// SPDX-License-Identifier: Apache-2.0
// From file names to the segments of a folder's path.
#include "archive/folder_path.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "archive/file_rules.h"
#include "mboxferry/base/utf8.h"

namespace mboxferry::archive {
namespace {

constexpr std::array<std::string_view, 9> kCompressionSuffixes{
    ".gz", ".bz2", ".xz", ".zst", ".lz4", ".lz", ".lzma", ".Z", ".mmdf"};

// Takes `suffix` off, unless nothing would be left.
std::string_view without(std::string_view name, std::string_view suffix) {
  if (name.size() > suffix.size() && name.ends_with(suffix)) name.remove_suffix(suffix.size());
  return name;
}

}  // namespace

std::vector<std::string> folder_path(std::string_view relative, std::string_view root_name,
                                     bool compressed) {
  std::vector<std::string> path;
  std::string_view parent = root_name;
  for (auto slash = relative.find('/'); slash != std::string_view::npos;
       slash = relative.find('/')) {
    parent = relative.substr(0, slash);
    path.push_back(to_utf8(without(without(parent, ".sbd"), ".mbox")));
    relative.remove_prefix(slash + 1);
  }
  std::string_view name = relative;
  // As many as are unpacked.
  for (int layer = 0; layer < (compressed ? 3 : 0); ++layer) {
    for (const std::string_view suffix : kCompressionSuffixes) name = without(name, suffix);
  }
  // Apple Mail's "x.mbox/mbox", and Mailman's "x.mbox/x.mbox".
  if ((name == "mbox" || name == parent) && without(parent, ".mbox") != parent) {
    if (path.empty()) path.push_back(to_utf8(without(parent, ".mbox")));
    return path;
  }
  path.push_back(to_utf8(without(without(name, ".mbox"), ".eml")));
  return path;
}

std::vector<std::string> directory_path(std::string_view relative, std::string_view root_name) {
  std::vector<std::string> path;
  for (std::string_view rest = relative.empty() ? root_name : relative; !rest.empty();) {
    const std::string_view segment = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(rest.size(), segment.size() + 1));
    path.push_back(to_utf8(without_package_suffix(without(segment, ".sbd"))));
  }
  return path;
}

std::vector<std::string> emlx_path(std::string_view relative, std::string_view root_name) {
  std::string packages;
  const std::string whole = std::string(relative.empty() ? root_name : relative) + '/';
  for (std::string_view rest = whole; !rest.empty();) {
    const std::string_view segment = rest.substr(0, rest.find('/'));
    rest.remove_prefix(segment.size() + 1);
    if (!is_apple_package(segment)) continue;
    if (!packages.empty()) packages += '/';
    packages += segment;
  }
  return directory_path(packages.empty() ? relative : packages, root_name);
}

}  // namespace mboxferry::archive
