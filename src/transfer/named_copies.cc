// SPDX-License-Identifier: Apache-2.0
// By name, then by size, then by content.
#include "transfer/named_copies.h"

#include <algorithm>
#include <set>
#include <utility>

#include "mboxferry/archive/archive.h"
#include "mboxferry/archive/copy_names.h"

namespace mboxferry::transfer {

NamedCopies named_copies(const std::vector<std::string>& paths) {
  NamedCopies found;
  if (paths.size() < 2) return found;
  // Naming the first part of a download brings in the others.
  std::set<std::string> read;
  for (const std::string& path : paths)
    for (std::string& file : archive::files_of(path)) read.insert(std::move(file));
  // Of several marked ones whose original is not named, the first.
  std::map<std::string, std::string> first;
  for (const std::string& file : read)
    first.emplace(archive::without_copy_mark(file).value_or(file), file);
  for (const std::string& file : read)
    if (!archive::without_copy_mark(file)) first[file] = file;
  const auto original_of = [&](const std::string& file) {
    const auto known = first.find(archive::without_copy_mark(file).value_or(file));
    return known == first.end() ? file : known->second;
  };
  const auto is_copy = [&](const std::string& file) {
    const std::string original = original_of(file);
    return original != file && archive::have_same_bytes(file, original);
  };
  for (const std::string& path : paths) {
    if (original_of(path) == path || found.same.contains(path)) continue;
    const std::vector<std::string> files = archive::files_of(path);
    const bool all_are = std::all_of(files.begin(), files.end(), is_copy);
    for (const std::string& file : files) {
      const std::string original = original_of(file);
      if (original != file) (all_are ? found.same : found.other).emplace(file, original);
    }
  }
  return found;
}

}  // namespace mboxferry::transfer
