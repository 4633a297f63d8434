// SPDX-License-Identifier: Apache-2.0
// Other jobs of the same account, by the journals that they have left in the state folder.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "mboxferry/journal/journal.h"
#include "mboxferry/transfer/settings.h"
#include "transfer/source/source_folders.h"

namespace mboxferry::transfer {

/// Whether a job has stored anything: in one mailbox, or (0) in any.
Result<bool> has_stored(const journal::Journal& journal, journal::MailboxId mailbox);

/// The newest journal in `folder` of a job that stored mail in this account under any spelling of
/// its name, other than `own`; empty when there is none.
std::string find_older_journal(const std::string& folder, const std::string& account,
                               const std::string& own);

/// Mailboxes into which older jobs of the account have put the mail of files, each file's in one.
/// Journals that cannot be read are passed over: the server is asked in any case.
class OlderPlaces {
 public:
  OlderPlaces() = default;
  /// Of the files of `sources`, by the newest journals in the job's state folder.
  OlderPlaces(const JobSettings& settings, const std::vector<SourceFolder>& sources);

  [[nodiscard]] bool empty() const { return by_file_.empty(); }
  /// Those of one file (journal::FolderRow::file), the newest job's first.
  [[nodiscard]] const std::vector<std::string>& of(const std::string& file) const;

 private:
  void add(const journal::Journal& journal);

  std::map<std::string, std::vector<std::string>> by_file_;
};

}  // namespace mboxferry::transfer
