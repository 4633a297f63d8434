// SPDX-License-Identifier: Apache-2.0
// Where on the server a mailbox's mail is, or goes, when its name is not the planned one.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/plan/mapping.h"
#include "transfer/mailbox/mailboxes.h"
#include "transfer/source/source_folders.h"

namespace mboxferry::transfer {

/// True when another mailbox of the job has that name.
bool is_of_another(const std::string& name, const journal::MailboxRow& row,
                   std::span<const journal::MailboxRow> rows);

/// Listed mailboxes into which jobs before this one put the mail of `row`, if the server refused
/// the name: the spellings that replace it, the closest first, each with the `_` that were appended
/// where it was taken. None of them is another mailbox of the job.
std::vector<std::string> respelled_places(const journal::MailboxRow& row,
                                          std::span<const journal::MailboxRow> rows,
                                          const Directory& directory);

/// A mailbox of another folder of the job, and its row.
struct SharedPlace {
  std::string mailbox;
  journal::MailboxId row = 0;
};
/// Those among the spellings that replace the name of `row`: a job of that folder alone would have
/// put its mail there.
std::vector<SharedPlace> shared_places(const journal::MailboxRow& row,
                                       std::span<const journal::MailboxRow> rows,
                                       const Directory& directory);

/// `name`, with as many `_` as it takes until no other mailbox of the job has it, nor the server
/// one that holds mail. That a mailbox holds the mail of `row` must have been asked before.
Result<std::string> free_name(std::string name, const journal::MailboxRow& row,
                              const journal::Journal& journal, const Directory& directory,
                              imap::ReadOnlyTarget& target);

}  // namespace mboxferry::transfer
