// SPDX-License-Identifier: Apache-2.0
// Spellings of one folder's name that are another's own.
#include "transfer/shared_place.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "mboxferry/plan/other_spellings.h"
#include "transfer/other_places.h"

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

std::string folder_of(journal::MailboxId mailbox, std::span<const SourceFolder> sources) {
  const auto source = std::find_if(sources.begin(), sources.end(), [&](const SourceFolder& one) {
    return one.row.mailbox == mailbox;
  });
  return source == sources.end() ? "" : source->row.path;
}

}  // namespace

Result<std::optional<Error>> shared_by_spelling(std::span<const Presence> found,
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
    return std::optional(Error{
        ErrorCode::configuration,
        fmt::format("different folders would share a mailbox: mail of '{}' is in '{}', which "
                    "is the mailbox of '{}' as well; nothing was created or sent",
                    mine, presence.mailbox, others),
        (continues ? kAnotherJob : "") +
            fmt::format("--skip-existing --map '{0}={2}' --map '{1}={2}' puts both into it and "
                        "leaves out what is there",
                        mine, others, presence.mailbox),
        ErrorScope::job});
  }
  return std::optional<Error>();
}

}  // namespace mboxferry::transfer
