// SPDX-License-Identifier: Apache-2.0
// What the sender lists of a job mean for each message, when it is planned.
#pragma once

#include <string>
#include <vector>

#include "mboxferry/journal/journal.h"
#include "mboxferry/plan/folder_use.h"
#include "mboxferry/transfer/indexer.h"
#include "mboxferry/transfer/sender_rules.h"
#include "transfer/mailbox/mailbox_book.h"
#include "transfer/source/source_folders.h"

namespace mboxferry::transfer {

/// Asks the lists about messages and keeps the entries that decide in the journal. What the user
/// wrote, or threw away, is never judged. One thread at a time; all that it is given must outlive
/// it.
class SenderFiling {
 public:
  SenderFiling(const SenderRules& rules, journal::Journal& journal);

  /// The messages that follow are of this folder.
  void begin(const SourceFolder& source, const MailboxBook& book);

  struct Decision {
    std::int64_t entry = 0;  ///< of Journal::add_sender_entry(); 0: the lists say nothing
    journal::SenderAction action = journal::SenderAction::none;
    std::string text;  ///< the entry and its place
  };
  Result<Decision> decide(const IndexedMessage& message);

 private:
  [[nodiscard]] journal::SenderAction action_for(policy::Verdict::Outcome outcome,
                                                 plan::FolderUse use) const;
  Result<std::int64_t> known_entry(std::uint32_t number);

  const SenderRules& rules_;
  journal::Journal& journal_;
  policy::SenderJudge judge_;
  plan::FolderUse use_ = plan::FolderUse::any;
  std::vector<std::int64_t> known_;  ///< by number; 0: not in the journal yet
};

/// Gives keywords what the action adds (`$Junk`, `$NotJunk`) and takes the opposite away.
void mark_keywords(journal::SenderAction action, std::vector<std::string>& keywords);

/// Notes which lists a run has. Returns what to tell the user when they are others than those of
/// the run before; empty: nothing.
Result<std::string> note_sender_lists(const SenderRules& rules, journal::Journal& journal);

}  // namespace mboxferry::transfer
