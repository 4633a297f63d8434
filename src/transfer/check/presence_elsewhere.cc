// SPDX-License-Identifier: Apache-2.0
// Rows of mailboxes become what their mail was found in.
#include <fmt/format.h>

#include "transfer/check/presence_check.h"
#include "transfer/mailbox/other_places.h"

namespace mboxferry::transfer {

Result<std::vector<std::string>> leave_out_few(const std::vector<Presence>& found,
                                               journal::Journal& journal) {
  std::vector<std::string> notices;
  for (const Presence& presence : found) {
    if (!presence.in_place() || !presence.any()) continue;
    MBOXFERRY_TRY(journal.set_note(look_through_note(presence.id), "1"));
    notices.push_back(describe_few(presence));
  }
  return notices;
}

Result<std::vector<std::string>> look_through(const std::vector<Presence>& found,
                                              journal::Journal& journal) {
  MBOXFERRY_ASSIGN(auto notices, go_on_elsewhere(found, journal));
  for (const Presence& presence : found) {
    const bool in_place = presence.in_place() && presence.any();
    if (!presence.there() && !in_place) continue;
    MBOXFERRY_TRY(journal.set_note(look_through_note(presence.id), "1"));
    notices.push_back(fmt::format(
        "{}: holds mail of this job that its journal does not know of; what is there is left out",
        presence.mailbox));
  }
  return notices;
}

Result<std::vector<std::string>> go_on_elsewhere(const std::vector<Presence>& found,
                                                 journal::Journal& journal) {
  std::vector<std::string> notices;
  MBOXFERRY_ASSIGN(auto rows, journal.mailboxes());
  for (journal::MailboxRow& row : rows) {
    const Presence* most = nullptr;
    bool stays = false;
    for (const Presence& presence : found) {
      if (presence.id != row.id) continue;
      stays = stays || (!presence.elsewhere && presence.any());
      const bool fits = presence.elsewhere && !presence.keeps_from_going_on() && presence.there() &&
                        !is_of_another(presence.mailbox, row, rows);
      const bool better = most == nullptr || presence.all_found() > most->all_found();
      if (fits && better) most = &presence;
    }
    if (stays || most == nullptr) continue;
    notices.push_back(
        fmt::format("{} goes into mailbox {}, which holds this mail", row.name, most->mailbox));
    if (row.renamed_from.empty()) row.renamed_from = row.name;
    row.name = most->mailbox;
    MBOXFERRY_TRY(journal.update_mailbox(row));
  }
  return notices;
}

}  // namespace mboxferry::transfer
