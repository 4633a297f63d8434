// SPDX-License-Identifier: Apache-2.0
// By name, then by size, then by content.
#include "transfer/source/named_copies.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <utility>

#include "mboxferry/archive/copy_names.h"

namespace mboxferry::transfer {
namespace {

/// Until there is no more, or the buffer is full.
Result<std::size_t> read_block(ByteSource& bytes, std::uint64_t offset, std::span<char> buffer) {
  std::size_t size = 0;
  while (size < buffer.size()) {
    MBOXFERRY_ASSIGN(const std::size_t got, bytes.read_at(offset + size, buffer.subspan(size)));
    if (got == 0) break;
    size += got;
  }
  return size;
}

enum class TwinKind { one_is_empty, other, begins_with_second, begins_with_first };

/// Whether one of them is where the other begins; the first of two equal ones begins with the
/// second.
Result<TwinKind> compare_twins(const archive::Folder& first, const archive::Folder& second) {
  MBOXFERRY_ASSIGN(const auto one, archive::open_folder(first));
  MBOXFERRY_ASSIGN(const auto two, archive::open_folder(second));
  std::vector<char> of_one(std::size_t{64} << 10U);
  std::vector<char> of_two(of_one.size());
  for (std::uint64_t offset = 0;; offset += of_one.size()) {
    MBOXFERRY_ASSIGN(const std::size_t size, read_block(*one, offset, of_one));
    MBOXFERRY_ASSIGN(const std::size_t other, read_block(*two, offset, of_two));
    const std::size_t both = std::min(size, other);
    if (!std::equal(of_one.begin(), of_one.begin() + static_cast<std::ptrdiff_t>(both),
                    of_two.begin()))
      return TwinKind::other;
    if (both == of_one.size()) continue;
    if (offset + both == 0) return TwinKind::one_is_empty;
    if (one->damage() || two->damage()) return TwinKind::other;
    return other == both ? TwinKind::begins_with_second : TwinKind::begins_with_first;
  }
}

bool may_have_twin(const archive::Folder& folder) {
  return folder.form == archive::FolderForm::mbox && folder.member.empty();
}

}  // namespace

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

void add_packed_copies(const std::vector<archive::Archive>& archives, NamedCopies& copies) {
  std::map<std::string, const archive::Folder*> by_file;
  for (const archive::Archive& archive : archives)
    for (const archive::Folder& folder : archive.folders())
      if (may_have_twin(folder)) by_file.emplace(folder.file, &folder);
  for (const auto& [file, packed] : by_file) {
    const auto plain = by_file.find(file.substr(0, file.rfind('.')));
    // An ending that says how the file is packed is no part of the folder's name.
    const bool are_twins = plain != by_file.end() && plain->second != packed &&
                           plain->second->label() == packed->label();
    if (!are_twins) continue;
    const auto kind = compare_twins(*plain->second, *packed);
    if (!kind || *kind == TwinKind::other) copies.other.emplace(file, plain->first);
    if (!kind) continue;
    if (*kind == TwinKind::begins_with_second) copies.same.emplace(file, plain->first);
    if (*kind == TwinKind::begins_with_first) copies.same.emplace(plain->first, file);
  }
}

}  // namespace mboxferry::transfer
