// SPDX-License-Identifier: Apache-2.0
// Finds out which of several paths belong together.
#include "archive/open_all.h"

#include <algorithm>
#include <utility>

#include "archive/file_rules.h"
#include "archive/split_parts.h"

namespace mboxferry::archive {
namespace {

/// Goes through the paths; one that was taken together with an earlier one is passed over.
class PathGroups {
 public:
  PathGroups(const Opener& opener, const std::vector<std::string>& paths)
      : opener_(opener), paths_(paths), taken_(paths.size(), false) {}

  Result<std::vector<Archive>> open() {
    if (std::count(paths_.begin(), paths_.end(), "-") > 1) {
      return Error{ErrorCode::usage, "standard input (-) is named more than once",
                   "name it once; it can only be read once"};
    }
    std::vector<Archive> archives;
    for (std::size_t i = 0; i < paths_.size(); ++i) {
      if (taken_[i]) continue;
      MBOXFERRY_ASSIGN(Archive archive, open_one(i));
      archives.push_back(std::move(archive));
    }
    return archives;
  }

 private:
  Result<Archive> open_one(std::size_t index) {
    const std::string& path = paths_[index];
    const auto part = as_split_part(path);
    const bool may_belong = part || looks_like_message_name(path);
    if (!may_belong) return opener_.open(path);
    const Opener::Kind kind = opener_.kind_of(path);
    if (part && kind.is_container) return open_parts(*part);
    if (kind.message_form) return open_messages(*kind.message_form, index);
    return opener_.open(path);
  }

  static bool looks_like_message_name(const std::string& path) {
    const std::string_view name = without_packing_suffix(base_name(path));
    return is_eml_name(name) || is_emlx_name(name);
  }

  Result<Archive> open_parts(const SplitPart& part) {
    std::vector<SplitPart> parts;
    for (std::size_t i = 0; i < paths_.size(); ++i) {
      auto other = as_split_part(paths_[i]);
      if (!other || !other->same_download(part) || !opener_.kind_of(paths_[i]).is_container) {
        continue;
      }
      taken_[i] = true;
      parts.push_back(std::move(*other));
    }
    sort_and_unite(parts);
    const std::size_t named = parts.size();
    std::vector<UnreadPart> unread;
    std::vector<std::string> notices;
    if (parts.front().number == 1) {
      MBOXFERRY_ASSIGN(PartsBeside beside, parts_beside(part, opener_.follows_links()));
      if (part.is_of_takeout()) {
        unread = std::move(beside.unread);
        std::erase_if(unread, [this](const UnreadPart& one) { return is_named(one.path); });
        take_in(beside.parts, parts, unread);
      } else if (const auto other = next_one(beside.parts, parts)) {
        notices.push_back(alone_notice(parts.back(), *other));
      }
    }
    std::vector<std::string> files;
    for (const SplitPart& one : parts) files.push_back(one.path);
    for (std::string& line : split_notices(parts, named)) notices.push_back(std::move(line));
    for (UnreadPart& one : missing_parts(parts)) unread.push_back(std::move(one));
    return opener_.open_containers(files, std::move(notices), unread);
  }

  void take_in(const std::vector<SplitPart>& beside, std::vector<SplitPart>& parts,
               std::vector<UnreadPart>& unread) const {
    for (const SplitPart& other : beside) {
      if (opener_.kind_of(other.path).is_container) {
        parts.push_back(other);
      } else {
        unread.push_back({other.path, std::string(kNoPart)});
      }
    }
    sort_and_unite(parts);
  }

  [[nodiscard]] bool is_named(const std::string& path) const {
    return std::find(paths_.begin(), paths_.end(), path) != paths_.end();
  }

  /// A container that is not among `parts`.
  [[nodiscard]] std::optional<SplitPart> next_one(const std::vector<SplitPart>& beside,
                                                  const std::vector<SplitPart>& parts) const {
    for (const SplitPart& other : beside) {
      if (!has_number(parts, other.number) && opener_.kind_of(other.path).is_container)
        return other;
    }
    return std::nullopt;
  }

  static void sort_and_unite(std::vector<SplitPart>& parts) {
    sort_by_number(parts);
    const auto same = [](const SplitPart& a, const SplitPart& b) { return a.number == b.number; };
    parts.erase(std::unique(parts.begin(), parts.end(), same), parts.end());
  }

  Result<Archive> open_messages(FolderForm form, std::size_t first) {
    std::vector<std::string> files;
    for (std::size_t i = first; i < paths_.size(); ++i) {
      if (taken_[i] || parent_path(paths_[i]) != parent_path(paths_[first]) ||
          !looks_like_message_name(paths_[i]) || opener_.kind_of(paths_[i]).message_form != form) {
        continue;
      }
      taken_[i] = true;
      if (std::find(files.begin(), files.end(), paths_[i]) == files.end()) {
        files.push_back(paths_[i]);
      }
    }
    return opener_.open_messages(form, files);
  }

  const Opener& opener_;
  const std::vector<std::string>& paths_;
  std::vector<bool> taken_;
};

}  // namespace

Result<std::vector<Archive>> open_all(const Opener& opener, const std::vector<std::string>& paths) {
  return PathGroups(opener, paths).open();
}

}  // namespace mboxferry::archive
