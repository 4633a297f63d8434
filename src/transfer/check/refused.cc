// SPDX-License-Identifier: Apache-2.0
// Finding refused messages by reason and mailbox.
#include "mboxferry/transfer/refused.h"

#include <algorithm>

#include "mboxferry/base/glob.h"

namespace mboxferry::transfer {
namespace {

/// TOOBIG is what a server says, too-big what was known before it was asked.
std::string plain(const std::string& reason) {
  std::string text;
  for (const char c : reason) {
    if (c != '-') text += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return text;
}

std::string reason_of(const std::string& code) { return code.empty() ? "none" : code; }

bool is_wanted(const std::string& code, const RefusedChoice& choice) {
  const auto same = [&](const std::string& reason) {
    return plain(reason) == plain(reason_of(code));
  };
  return choice.reasons.empty() || std::any_of(choice.reasons.begin(), choice.reasons.end(), same);
}

Result<std::set<journal::MailboxId>> wanted_mailboxes(const journal::Journal& journal,
                                                      const RefusedChoice& choice) {
  std::set<journal::MailboxId> wanted;
  MBOXFERRY_ASSIGN(const auto mailboxes, journal.mailboxes());
  for (const journal::MailboxRow& mailbox : mailboxes) {
    const auto named = [&](const std::string& name) { return glob_matches(name, mailbox.name); };
    if (choice.mailboxes.empty() ||
        std::any_of(choice.mailboxes.begin(), choice.mailboxes.end(), named))
      wanted.insert(mailbox.id);
  }
  return wanted;
}

}  // namespace

Result<Refusals> find_refused(const journal::Journal& journal, const RefusedChoice& choice) {
  Refusals found;
  MBOXFERRY_ASSIGN(const auto mailboxes, wanted_mailboxes(journal, choice));
  MBOXFERRY_TRY(
      journal.each(journal::State::refused, 0, [&](const journal::MessageRow& row) -> Result<void> {
        found.reasons.insert(reason_of(row.code));
        if (mailboxes.contains(row.mailbox) && is_wanted(row.code, choice))
          found.chosen.push_back(row.id);
        return ok();
      }));
  return found;
}

}  // namespace mboxferry::transfer
