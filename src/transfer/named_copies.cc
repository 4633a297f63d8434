// SPDX-License-Identifier: Apache-2.0
// By name, then by size, then by content.
#include "transfer/named_copies.h"

#include <algorithm>
#include <set>
#include <utility>

#include "mboxferry/archive/archive.h"
#include "mboxferry/archive/copy_names.h"

namespace mboxferry::transfer {

std::map<std::string, std::string> named_copies(const std::vector<std::string>& paths) {
  if (paths.size() < 2) return {};
  // Naming the first part of a download brings in the others.
  std::set<std::string> read;
  for (const std::string& path : paths)
    for (std::string& file : archive::files_of(path)) read.insert(std::move(file));
  const auto is_copy = [&](const std::string& file) {
    const auto original = archive::without_copy_mark(file);
    return original && read.contains(*original) && archive::have_same_bytes(file, *original);
  };
  std::map<std::string, std::string> copies;
  for (const std::string& path : paths) {
    const auto original = archive::without_copy_mark(path);
    if (!original || !read.contains(*original) || copies.contains(path)) continue;
    const std::vector<std::string> files = archive::files_of(path);
    const bool all_are = std::all_of(files.begin(), files.end(), is_copy);
    if (all_are)
      for (const std::string& file : files) copies.emplace(file, *archive::without_copy_mark(file));
  }
  return copies;
}

}  // namespace mboxferry::transfer
