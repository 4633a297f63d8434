// SPDX-License-Identifier: Apache-2.0
// The target's mailboxes as the job uses them: named, created, selected.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/plan/mapping.h"
#include "mboxferry/plan/message_plan.h"
#include "mboxferry/transfer/settings.h"
#include "transfer/source/source_folders.h"

namespace mboxferry::transfer {

/// What the server said about its mailboxes at the beginning of a session.
struct Directory {
  imap::Namespace name_space;
  std::vector<imap::ListedMailbox> listed;

  static Result<Directory> read(imap::ReadOnlyTarget& target);
  /// The listed mailbox of that name, INBOX in any case; nothing when it is not there.
  [[nodiscard]] const imap::ListedMailbox* find(const std::string& name) const;
  /// Names mailboxes by the job's rules, as the server spells them.
  [[nodiscard]] Result<plan::Mapper> mapper(const JobSettings& settings) const;
};

/// INBOX is the same in any case, every other name is itself.
bool same_mailbox(const std::string& one, const std::string& other);

/// A mailbox ready to be appended to.
struct ReadyMailbox {
  journal::MailboxRow row;
  plan::FlagLimits flags;
  imap::Uid uid_floor = 0;        ///< a lower bound for what is appended from now on
  std::uint64_t exists = 0;       ///< messages in it
  bool validity_changed = false;  ///< the stored messages must be found again
  std::string renamed;            ///< why it has another name than planned, or empty
};

/// Creates the mailbox where it is absent, subscribes and selects it, and keeps in the journal
/// what it was before the job's first message. When the server refuses the name, other spellings
/// are tried; the journal knows each before the server does. Errors of scope mailbox: `try_later`,
/// or `configuration` when every spelling is refused.
Result<ReadyMailbox> prepare_mailbox(imap::Target& target, const Directory& directory,
                                     journal::MailboxRow row, journal::Journal& journal);

/// Why a message is left out that people took away with its mailbox.
inline constexpr const char* kGoneSince = "gone-since";

/// With --strict: what earlier runs left out for that is looked for once more, and else sent again.
Result<void> doubt_gone(journal::Journal& journal);

/// The journal's note of a mailbox that has another UIDVALIDITY than when a run compared it, and
/// found all of it in order; until what is in doubt since is decided.
std::string in_order_note(journal::MailboxId mailbox);

/// A NO to what was asked about the mail in a mailbox, as an error to run the command again for;
/// any other error as it is.
Error not_shown(Error error);

/// The server will not have a mailbox of that name.
bool is_name_refused(const Error& error);

plan::FlagLimits flag_limits(const imap::PermanentFlags& permanent);

/// Keeps in the journal what the selected mailbox is, and what it was before the job.
Result<ReadyMailbox> note_mailbox(const imap::SelectedMailbox& selected, journal::MailboxRow row,
                                  journal::Journal& journal);

}  // namespace mboxferry::transfer
