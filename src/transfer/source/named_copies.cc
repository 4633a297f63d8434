// SPDX-License-Identifier: Apache-2.0
// By name, then by size, then by content.
#include "mboxferry/transfer/named_copies.h"

#include <fmt/format.h>

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

using archive::TwinKind;
using archive::Twins;

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

Result<TwinKind> compare_files(const Twins& twins) {
  MBOXFERRY_ASSIGN(const auto one, archive::open_folder(*twins.first));
  MBOXFERRY_ASSIGN(const auto two, archive::open_folder(*twins.second));
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
    if (size == other) return TwinKind::equal;
    return other == both ? TwinKind::first_holds_more : TwinKind::second_holds_more;
  }
}

/// A plain mbox is the first, beside what an ending of its name says to be its packed form.
std::vector<Twins> twins_of(const std::vector<archive::Archive>& archives) {
  std::map<std::string, const archive::Folder*> by_place;
  for (const archive::Archive& archive : archives)
    for (const archive::Folder& folder : archive.folders())
      if (folder.form == archive::FolderForm::mbox) by_place.emplace(folder.place(), &folder);
  std::vector<Twins> found;
  for (const auto& [place, packed] : by_place) {
    const auto plain = by_place.find(place.substr(0, place.rfind('.')));
    // Such an ending is no part of the folder's name.
    const bool are_twins = plain != by_place.end() && plain->second != packed &&
                           plain->second->container == packed->container &&
                           plain->second->label() == packed->label();
    if (are_twins) found.push_back({plain->second, packed});
  }
  return found;
}

void note_twins(const Twins& twins, TwinKind kind, NamedCopies& copies) {
  const std::string plain = twins.first->place();
  const std::string packed = twins.second->place();
  if (kind == TwinKind::other) copies.other.emplace(packed, plain);
  if (kind == TwinKind::equal || kind == TwinKind::first_holds_more)
    copies.same.emplace(packed, plain);
  if (kind == TwinKind::second_holds_more) copies.same.emplace(plain, packed);
  if (kind == TwinKind::first_holds_more) copies.shorter.insert(packed);
  if (kind == TwinKind::second_holds_more) copies.shorter.insert(plain);
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

std::string copy_notice(const std::string& copy, const std::string& original) {
  return fmt::format("{} is not read: it is a copy of {}, which is", copy, original);
}

Result<void> add_packed_copies(const std::vector<archive::Archive>& archives, NamedCopies& copies) {
  std::vector<Twins> members;
  for (const Twins& twins : twins_of(archives)) {
    if (twins.first->container)
      members.push_back(twins);
    else
      note_twins(twins, compare_files(twins).value_or(TwinKind::other), copies);
  }
  MBOXFERRY_ASSIGN(const std::vector<TwinKind> kinds, archive::compare_members(members));
  for (std::size_t i = 0; i < members.size(); ++i) note_twins(members[i], kinds[i], copies);
  return ok();
}

}  // namespace mboxferry::transfer
