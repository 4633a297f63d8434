// SPDX-License-Identifier: Apache-2.0
// Names besides the planned one.
#include "transfer/other_places.h"

#include <algorithm>
#include <iterator>

#include "mboxferry/base/utf8.h"
#include "mboxferry/plan/other_spellings.h"

namespace mboxferry::transfer {
namespace {

/// So many `_` are looked behind.
constexpr int kMostAppended = 16;
/// Of a mailbox; folders that go into it, and names that each of them may have had.
constexpr std::size_t kMostFolders = 8;
constexpr std::size_t kMostPlaces = 6;
/// Of a folder: hard links to it, and links to it, that are looked behind.
constexpr std::size_t kMostOtherPaths = 4;
/// Of the path of a folder with a file for each message.
constexpr std::ptrdiff_t kMostDirectories = 8;

std::string last_level(const std::string& name, char separator) {
  const std::size_t at = separator == 0 ? std::string::npos : name.rfind(separator);
  return at == std::string::npos ? name : name.substr(at + 1);
}

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

void add_unless_empty(std::vector<std::string>& texts, std::string text) {
  if (!text.empty()) texts.push_back(std::move(text));
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

bool is_any_of(const std::string& name, const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& one) { return same_mailbox(name, one); });
}

}  // namespace

bool is_of_another(const std::string& name, const journal::MailboxRow& row,
                   std::span<const journal::MailboxRow> rows) {
  return std::any_of(rows.begin(), rows.end(), [&](const journal::MailboxRow& other) {
    return other.id != row.id && same_mailbox(other.name, name);
  });
}

std::vector<std::string> respelled_places(const journal::MailboxRow& row,
                                          std::span<const journal::MailboxRow> rows,
                                          const Directory& directory) {
  std::vector<std::string> places;
  const imap::Namespace& space = directory.name_space;
  for (plan::OtherSpelling& other :
       plan::other_spellings(row.name, space.separator, space.prefix)) {
    for (int appended = 0; appended <= kMostAppended; ++appended, other.name += '_') {
      const imap::ListedMailbox* const listed = directory.find(other.name);
      const bool is_taken = is_of_another(other.name, row, rows);
      const bool is_known = listed != nullptr &&
                            std::find(places.begin(), places.end(), listed->name) != places.end();
      if (listed != nullptr && listed->selectable && !is_taken && !is_known)
        places.push_back(listed->name);
      if (listed == nullptr && !is_taken) break;
    }
  }
  return places;
}

std::vector<SharedPlace> shared_places(const journal::MailboxRow& row,
                                       std::span<const journal::MailboxRow> rows,
                                       const Directory& directory) {
  std::vector<SharedPlace> places;
  const imap::Namespace& space = directory.name_space;
  for (const plan::OtherSpelling& spelling :
       plan::other_spellings(row.name, space.separator, space.prefix))
    for (const journal::MailboxRow& other : rows) {
      const imap::ListedMailbox* const listed = directory.find(other.name);
      if (other.id != row.id && same_mailbox(other.name, spelling.name) && listed != nullptr &&
          listed->selectable)
        places.push_back({listed->name, other.id});
    }
  return places;
}

std::vector<std::string> renamed_places(const journal::MailboxRow& row,
                                        std::span<const SourceFolder* const> folders,
                                        std::span<const journal::MailboxRow> rows,
                                        const Directory& directory, const plan::Mapper& mapper,
                                        bool with_others) {
  const imap::Namespace& space = directory.name_space;
  std::vector<std::string> names;
  std::vector<std::string> last_levels;
  for (const SourceFolder* const folder : folders.first(std::min(folders.size(), kMostFolders))) {
    std::vector<std::string> own = mapper.names_by_other_commands(folder->place.path);
    if (own.empty()) return {};
    // Another command may have left out, or not seen, the name that this one reads it under.
    for (const std::vector<std::string>& path :
         std::span(folder->place.other_paths)
             .first(std::min(folder->place.other_paths.size(), kMostOtherPaths))) {
      names.push_back(mapper.map_folder(path, true).name);
      last_levels.push_back(path.back());
    }
    std::move(own.begin(), own.end(), std::back_inserter(names));
    last_levels.push_back(folder->place.path.back());
    for (std::vector<std::string> end = directories_of(folder->place); !end.empty();
         end.erase(end.begin())) {
      names.push_back(mapper.map_folder(end, true).name);
      if (end.size() == 1) last_levels.push_back(end.front());
    }
    if (is_maildir_root(folder->place)) names.push_back(mapper.map_folder({"INBOX"}, true).name);
  }
  add_unless_empty(last_levels, last_level(row.name, space.separator));
  names = with_spellings(std::move(names), space);
  last_levels = with_spellings(std::move(last_levels), space);
  std::vector<std::string> places;
  const auto add = [&](const imap::ListedMailbox& listed) {
    const bool fits = listed.selectable && places.size() < kMostPlaces &&
                      !same_mailbox(listed.name, row.name) &&
                      (with_others || !is_of_another(listed.name, row, rows));
    if (fits && !is_any_of(listed.name, places)) places.push_back(listed.name);
  };
  for (const std::string& name : names)
    if (const auto* const listed = directory.find(name)) add(*listed);
  // A mailbox that the user named is taken at its word, with what is below it.
  const std::string within =
      mapper.has_named_place() ? mapper.named_place() + space.separator : std::string();
  for (const imap::ListedMailbox& listed : directory.listed)
    if (listed.name.starts_with(within) &&
        is_any_of(last_level(listed.name, space.separator), last_levels))
      add(listed);
  return places;
}

std::vector<std::string> unrouted_places(const journal::MailboxRow& row,
                                         std::span<const SourceFolder> sources,
                                         const Directory& directory, const plan::Mapper& mapper) {
  std::vector<std::string> places;
  for (const SourceFolder& source : sources) {
    if (!source.by_message() || places.size() == kMostPlaces) continue;
    const std::string name = mapper.map_folder(source.place.path, source.in_tree).name;
    const imap::ListedMailbox* const listed = directory.find(name);
    const bool fits = listed != nullptr && listed->selectable && !same_mailbox(name, row.name);
    if (fits && !is_any_of(listed->name, places)) places.push_back(listed->name);
  }
  return places;
}

Result<std::string> free_name(std::string name, const journal::MailboxRow& row,
                              const journal::Journal& journal, const Directory& directory,
                              imap::ReadOnlyTarget& target) {
  MBOXFERRY_ASSIGN(const auto rows, journal.mailboxes());
  for (;; name += '_') {
    if (is_of_another(name, row, rows)) continue;
    const imap::ListedMailbox* const listed = directory.find(name);
    if (listed == nullptr) return name;
    if (!listed->selectable) continue;
    const auto status = target.status(listed->name);
    if (!status && status.error().scope != ErrorScope::mailbox) return Error(status.error());
    if (status && status->exists == 0) return name;
  }
}

}  // namespace mboxferry::transfer
