// SPDX-License-Identifier: Apache-2.0
// Spellings of one folder's name that are another's own, and folders that were mapped together.
#include "transfer/check/shared_place.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

#include "mboxferry/plan/other_spellings.h"
#include "transfer/mailbox/other_places.h"

namespace mboxferry::transfer {
namespace {

/// The settings of a job that has begun are those of its journal.
constexpr const char* kAnotherJob =
    "begin a new job with another --journal (a batch: --state-dir): ";

bool is_spelling_of(const std::string& name, const std::string& mailbox,
                    const imap::Namespace& space) {
  const auto others = plan::other_spellings(name, space.separator, space.prefix);
  return std::any_of(others.begin(), others.end(), [&](const plan::OtherSpelling& other) {
    return same_mailbox(other.name, mailbox);
  });
}

/// `why`: what is where.
Error into_one_mailbox(const std::string& why, const std::vector<std::string>& folders,
                       const std::string& mailbox, bool continues) {
  std::string maps;
  for (const std::string& folder : folders) maps += fmt::format(" --map '{}={}'", folder, mailbox);
  return {
      ErrorCode::configuration,
      fmt::format("different folders would share a mailbox: {}; nothing was created or sent", why),
      (continues ? kAnotherJob : "") +
          fmt::format("--skip-existing{} puts {} into it and leaves out what is there", maps,
                      folders.size() == 2 ? "both" : "all"),
      ErrorScope::job};
}

std::string folder_of(journal::MailboxId mailbox, std::span<const SourceFolder> sources) {
  const auto source = std::find_if(sources.begin(), sources.end(), [&](const SourceFolder& one) {
    return one.row.mailbox == mailbox;
  });
  return source == sources.end() ? "" : source->row.path;
}

/// Where the mail of the row was found, unless some of it is in its own mailbox.
const Presence* place_of(const journal::MailboxRow& row, std::span<const Presence> found) {
  const Presence* most = nullptr;
  for (const Presence& presence : found) {
    if (presence.id != row.id) continue;
    if (!presence.elsewhere && presence.any()) return nullptr;
    const bool fits = presence.elsewhere && !presence.keeps_from_going_on() && presence.there();
    if (fits && (most == nullptr || presence.all_found() > most->all_found())) most = &presence;
  }
  return most;
}

/// Of what was found of one, half at least is none of the other. Else each may be the other's copy.
bool is_other_mail(const Presence& one, const Presence& other) {
  const auto shared = std::count_if(one.uids.begin(), one.uids.end(), [&](imap::Uid uid) {
    return std::find(other.uids.begin(), other.uids.end(), uid) != other.uids.end();
  });
  return 2 * static_cast<std::size_t>(shared) < one.uids.size();
}

/// Folders of which another command has put the mail into one mailbox that is none of their own.
std::optional<Error> mapped_together(std::span<const Presence> found,
                                     std::span<const SourceFolder> sources,
                                     std::span<const journal::MailboxRow> rows, bool continues) {
  std::vector<const Presence*> places;
  for (const journal::MailboxRow& row : rows)
    if (const Presence* const place = place_of(row, found)) places.push_back(place);
  for (const Presence* const place : places) {
    std::vector<std::string> folders;
    for (const Presence* const other : places) {
      const bool is_with_it = other == place || (same_mailbox(other->mailbox, place->mailbox) &&
                                                 is_other_mail(*other, *place));
      if (!is_with_it) continue;
      for (const SourceFolder& source : sources)
        if (source.row.mailbox == other->id) folders.push_back(source.row.path);
    }
    if (folders.size() < 2) continue;
    return into_one_mailbox(
        fmt::format("mail of '{}' is in '{}'", fmt::join(folders, "' and of '"), place->mailbox),
        folders, place->mailbox, continues);
  }
  return std::nullopt;
}

}  // namespace

Result<std::optional<Error>> mail_in_one_place(std::span<const Presence> found,
                                               std::span<const SourceFolder> sources,
                                               const Directory& directory,
                                               const journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const auto rows, journal.mailboxes());
  MBOXFERRY_ASSIGN(const bool continues, goes_on(journal));
  for (const Presence& presence : found) {
    if (!presence.elsewhere || !presence.there()) continue;
    const auto other = std::find_if(rows.begin(), rows.end(), [&](const auto& row) {
      return row.id != presence.id && same_mailbox(row.name, presence.mailbox);
    });
    if (other == rows.end() || directory.find(presence.meant) != nullptr ||
        !is_spelling_of(presence.meant, presence.mailbox, directory.name_space))
      continue;
    if (continues && !presence.shared) continue;
    const std::string mine = folder_of(presence.id, sources);
    const std::string others = folder_of(other->id, sources);
    if (mine.empty() || others.empty()) continue;
    return std::optional(into_one_mailbox(
        fmt::format("mail of '{}' is in '{}', which is the mailbox of '{}' as well", mine,
                    presence.mailbox, others),
        {mine, others}, presence.mailbox, continues));
  }
  return mapped_together(found, sources, rows, continues);
}

}  // namespace mboxferry::transfer
