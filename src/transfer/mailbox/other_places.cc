// SPDX-License-Identifier: Apache-2.0
// Names besides the planned one.
#include "transfer/mailbox/other_places.h"

#include <algorithm>

#include "mboxferry/plan/other_spellings.h"

namespace mboxferry::transfer {
namespace {

/// So many `_` are looked behind.
constexpr int kMostAppended = 16;

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
