// SPDX-License-Identifier: Apache-2.0
// Listed mailboxes into which other commands for the same archives would have put a mailbox's mail.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/plan/mapping.h"
#include "transfer/mailbox/mailboxes.h"
#include "transfer/source/source_folders.h"

namespace mboxferry::transfer {

/// Knows the account's mailboxes by their names as a person reads them: in any case. One thread.
class RenamedPlaces {
 public:
  /// Keeps references to all three.
  RenamedPlaces(const Directory& directory, const plan::Mapper& mapper,
                std::span<const journal::MailboxRow> rows);

  /// Of one mailbox, the likeliest first, a bounded number.
  struct Found {
    std::vector<std::string> names;
    std::size_t left_out = 0;  ///< that would have been behind these
  };

  /// Those of another account's name, without it, INBOX and so on, and all whose last level is the
  /// last of one of `folders`, which go into the mailbox of `row`; of these first the ones below
  /// what the folder's own directories are called. `with_others`: also those that are another
  /// mailbox of the job.
  [[nodiscard]] Found of(const journal::MailboxRow& row,
                         std::span<const SourceFolder* const> folders, bool with_others) const;

  /// The same for mail that has come to `row` by labels or sender lists, without which it would be
  /// in the mailbox of its folder.
  [[nodiscard]] Found unrouted(const journal::MailboxRow& row,
                               std::span<const SourceFolder> sources) const;

 private:
  class Ranked;
  struct Listed {
    const imap::ListedMailbox* mailbox = nullptr;
    std::vector<std::string> levels;  ///< folded
  };

  [[nodiscard]] std::vector<std::string> levels_of(const std::string& name) const;
  void add_names(const archive::Folder& place, std::vector<std::string> own, Ranked& ranked) const;
  void add_last_levels(const archive::Folder& place, Ranked& ranked) const;

  const Directory& directory_;
  const plan::Mapper& mapper_;
  std::span<const journal::MailboxRow> rows_;
  std::vector<Listed> listed_;
  std::multimap<std::string, std::size_t> by_name_;  ///< folded; of listed_
  std::multimap<std::string, std::size_t> by_last_;  ///< folded last level; of listed_
};

}  // namespace mboxferry::transfer
