// SPDX-License-Identifier: Apache-2.0
// Which listed mailboxes may hold a folder's mail, and which of them first.
#include "transfer/mailbox/renamed_places.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>
#include <utility>

#include "mboxferry/base/utf8.h"
#include "mboxferry/plan/other_spellings.h"
#include "transfer/mailbox/other_places.h"

namespace mboxferry::transfer {
namespace {

/// Of a mailbox: folders that go into it, and mailboxes that may hold its mail.
constexpr std::size_t kMostFolders = 8;
constexpr std::size_t kMostPlaces = 64;
/// Of a folder: hard links to it, and links to it, that are looked behind.
constexpr std::size_t kMostOtherPaths = 4;
/// Of the path of a folder with a file for each message.
constexpr std::ptrdiff_t kMostDirectories = 8;

/// Higher than what levels count for in the names of any server.
constexpr int kOfOtherCommands = 1'000'000;
constexpr int kOfSameLevel = 1000;

/// None of them is empty.
std::vector<std::string> split_at(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end > 0) parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::vector<std::string> directories(const archive::Folder& place) {
  return split_at(place.member.empty() ? place.file : place.member, '/');
}

/// The directories that a folder with a file for each message lies in, the last of them: what other
/// programs' layouts made of them, or a command that named one of them, is a name of the folder.
std::vector<std::string> directories_of(const archive::Folder& place) {
  std::vector<std::string> levels;
  if (place.form == archive::FolderForm::mbox) return levels;
  levels = directories(place);
  if (levels.empty()) return levels;
  // Maildir++: `.Work.2019`.
  if (levels.back().starts_with('.')) {
    const std::string name = std::move(levels.back());
    levels.pop_back();
    for (std::string& level : split_at(name, '.')) levels.push_back(std::move(level));
  }
  if (std::ssize(levels) > kMostDirectories)
    levels.erase(levels.begin(), levels.end() - kMostDirectories);
  for (std::string& level : levels) level = to_utf8(level);
  return levels;
}

/// The INBOX of a Maildir: its own directory, no subfolder's.
bool is_maildir_root(const archive::Folder& place) {
  const std::vector<std::string> levels = directories(place);
  return place.form == archive::FolderForm::maildir && !levels.empty() &&
         !levels.back().starts_with('.');
}

/// Each, and what servers that refuse it have instead.
std::vector<std::string> with_spellings(std::vector<std::string> names,
                                        const imap::Namespace& space) {
  std::vector<std::string> all;
  for (std::string& name : names) {
    std::vector<plan::OtherSpelling> others =
        plan::other_spellings(name, space.separator, space.prefix);
    all.push_back(std::move(name));
    for (plan::OtherSpelling& other : others) all.push_back(std::move(other.name));
  }
  return all;
}

/// What a directory, or a packed file, may be called as a level of a mailbox's name, folded.
std::vector<std::string> names_of_directory(const std::string& directory) {
  const std::string name = plan::folded_name(to_utf8(directory));
  const std::string undotted = name.substr(std::min(name.find_first_not_of('.'), name.size()));
  return {name, undotted, undotted.substr(0, undotted.find('.'))};
}

/// How well the levels above a mailbox's last fit to the directories above a folder's: those that
/// are the same, from the last on; of two the one that has fewer besides.
int fit_of(const std::vector<std::string>& levels,
           const std::vector<std::vector<std::string>>& directories) {
  int fit = 0;
  auto above = directories.rbegin();
  for (auto level = levels.rbegin() + 1; level < levels.rend(); ++level) {
    const auto same = std::find_if(above, directories.rend(), [&](const auto& names) {
      return std::find(names.begin(), names.end(), *level) != names.end();
    });
    fit += same == directories.rend() ? -1 : kOfSameLevel;
    if (same != directories.rend()) above = same + 1;
  }
  return fit;
}

}  // namespace

/// Mailboxes by what they are worth.
class RenamedPlaces::Ranked {
 public:
  Ranked(const RenamedPlaces& places, const journal::MailboxRow& row, bool with_others)
      : places_(places), row_(row), with_others_(with_others) {}

  void add(std::size_t listed, int rank) {
    const imap::ListedMailbox& mailbox = *places_.listed_[listed].mailbox;
    const bool fits = mailbox.selectable && !same_mailbox(mailbox.name, row_.name) &&
                      (with_others_ || !is_of_another(mailbox.name, row_, places_.rows_));
    if (!fits) return;
    const auto [at, is_new] = ranks_.emplace(listed, rank);
    if (!is_new) at->second = std::max(at->second, rank);
  }

  [[nodiscard]] const std::string& planned() const { return row_.name; }

  [[nodiscard]] Found found() const {
    std::vector<std::pair<std::size_t, int>> all(ranks_.begin(), ranks_.end());
    std::stable_sort(all.begin(), all.end(),
                     [](const auto& one, const auto& other) { return one.second > other.second; });
    Found found;
    for (const auto& [listed, rank] : all) {
      if (found.names.size() < kMostPlaces)
        found.names.push_back(places_.listed_[listed].mailbox->name);
      else
        ++found.left_out;
    }
    return found;
  }

 private:
  const RenamedPlaces& places_;
  const journal::MailboxRow& row_;
  const bool with_others_;
  std::map<std::size_t, int> ranks_;
};

RenamedPlaces::RenamedPlaces(const Directory& directory, const plan::Mapper& mapper,
                             std::span<const journal::MailboxRow> rows)
    : directory_(directory), mapper_(mapper), rows_(rows) {
  for (const imap::ListedMailbox& mailbox : directory.listed) {
    by_name_.emplace(plan::folded_name(mailbox.name), listed_.size());
    listed_.push_back({&mailbox, levels_of(mailbox.name)});
    by_last_.emplace(listed_.back().levels.back(), listed_.size() - 1);
  }
}

/// Folded; at least one.
std::vector<std::string> RenamedPlaces::levels_of(const std::string& name) const {
  const std::string folded = plan::folded_name(name);
  const char separator = directory_.name_space.separator;
  std::vector<std::string> levels =
      separator == 0 ? std::vector<std::string>{folded} : split_at(folded, separator);
  if (levels.empty()) levels.push_back(folded);
  return levels;
}

/// Exactly what other commands would have called it. `own`: of these the ones that Mapper knows.
void RenamedPlaces::add_names(const archive::Folder& place, std::vector<std::string> own,
                              Ranked& ranked) const {
  std::vector<std::string> names;
  // Another command may have left out, or not seen, the name that this one reads it under.
  for (const std::vector<std::string>& path :
       std::span(place.other_paths).first(std::min(place.other_paths.size(), kMostOtherPaths)))
    names.push_back(mapper_.map_folder(path, true).name);
  std::move(own.begin(), own.end(), std::back_inserter(names));
  for (std::vector<std::string> end = directories_of(place); !end.empty(); end.erase(end.begin()))
    names.push_back(mapper_.map_folder(end, true).name);
  if (is_maildir_root(place)) names.push_back(mapper_.map_folder({"INBOX"}, true).name);
  int rank = 2 * kOfOtherCommands;
  for (const std::string& name : with_spellings(std::move(names), directory_.name_space)) {
    // All kinds of mail may be in the named place itself.
    const bool is_named = mapper_.has_named_place() && name == mapper_.named_place();
    const auto [first, last] = by_name_.equal_range(plan::folded_name(name));
    for (auto at = first; at != last; ++at) ranked.add(at->second, is_named ? 0 : rank);
    --rank;
  }
}

/// A mailbox that the user named is taken at its word, with what is below it.
void RenamedPlaces::add_last_levels(const archive::Folder& place, Ranked& ranked) const {
  std::vector<std::string> last_levels;
  if (!place.path.empty()) last_levels.push_back(place.path.back());
  for (const std::vector<std::string>& path :
       std::span(place.other_paths).first(std::min(place.other_paths.size(), kMostOtherPaths)))
    last_levels.push_back(path.back());
  if (const std::vector<std::string> levels = directories_of(place); !levels.empty())
    last_levels.push_back(levels.back());
  last_levels.push_back(levels_of(ranked.planned()).back());
  std::set<std::string> folded;
  for (const std::string& level : with_spellings(std::move(last_levels), directory_.name_space))
    if (!level.empty()) folded.insert(plan::folded_name(level));
  std::vector<std::vector<std::string>> above;
  std::error_code ignored;
  for (const std::string& text :
       {std::filesystem::absolute(place.file, ignored).string(), place.member})
    for (const std::string& directory : split_at(text, '/'))
      above.push_back(names_of_directory(directory));
  if (!above.empty()) above.pop_back();
  const std::vector<std::string> within =
      mapper_.has_named_place() ? levels_of(mapper_.named_place()) : std::vector<std::string>();
  for (const std::string& level : folded) {
    const auto [first, last] = by_last_.equal_range(level);
    for (auto at = first; at != last; ++at) {
      const std::vector<std::string>& levels = listed_[at->second].levels;
      const bool is_within =
          levels.size() > within.size() && std::equal(within.begin(), within.end(), levels.begin());
      if (within.empty() || is_within) ranked.add(at->second, fit_of(levels, above));
    }
  }
}

RenamedPlaces::Found RenamedPlaces::of(const journal::MailboxRow& row,
                                       std::span<const SourceFolder* const> folders,
                                       bool with_others) const {
  Ranked ranked(*this, row, with_others);
  for (const SourceFolder* const folder : folders.first(std::min(folders.size(), kMostFolders))) {
    std::vector<std::string> own = mapper_.names_by_other_commands(folder->place.path);
    if (own.empty()) return {};
    add_names(folder->place, std::move(own), ranked);
    add_last_levels(folder->place, ranked);
  }
  // A label's mailbox has no folder.
  if (folders.empty()) add_last_levels({}, ranked);
  return ranked.found();
}

RenamedPlaces::Found RenamedPlaces::unrouted(const journal::MailboxRow& row,
                                             std::span<const SourceFolder> sources) const {
  Ranked ranked(*this, row, true);
  std::size_t left = kMostFolders;
  for (const SourceFolder& source : sources) {
    if (!source.by_message() || left == 0) continue;
    --left;
    const std::vector<std::string>& path = source.place.path;
    std::vector<std::string> own{mapper_.map_folder(path, source.in_tree).name};
    std::vector<std::string> others = mapper_.names_by_other_commands(path);
    std::move(others.begin(), others.end(), std::back_inserter(own));
    add_names(source.place, std::move(own), ranked);
  }
  return ranked.found();
}

}  // namespace mboxferry::transfer
