// SPDX-License-Identifier: Apache-2.0
// Other jobs of the same account, by the journals that they have left in the state folder.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/transfer/settings.h"
#include "transfer/check/file_beginnings.h"
#include "transfer/source/source_folders.h"

namespace mboxferry::transfer {

/// Whether a job has stored anything: in one mailbox, or (0) in any.
Result<bool> has_stored(const journal::Journal& journal, journal::MailboxId mailbox);

/// The newest journal in `folder` of a job that stored mail in this account under any spelling of
/// its name, other than `own`; empty when there is none.
std::string find_older_journal(const std::string& folder, const std::string& account,
                               const std::string& own);

/// Where an older job has put mail of a file.
struct OlderPlace {
  std::string mailbox;
  bool by_label = false;  ///< one of several: the job sent each message where its labels said
};

/// Mailboxes into which older jobs of the account have put the mail of files. A file is known by
/// its path, or by the messages that it begins with: it may have been moved, packed or unpacked.
/// Journals that cannot be read are passed over: the server is asked in any case.
class OlderPlaces {
 public:
  OlderPlaces() = default;
  /// Of the files of `sources`, by the newest journals in the job's state folder.
  OlderPlaces(const JobSettings& settings, const std::vector<SourceFolder>& sources,
              const Cancellation& cancel);

  [[nodiscard]] bool empty() const { return by_file_.empty(); }
  /// Those of one file (journal::FolderRow::file), the newest job's first.
  [[nodiscard]] const std::vector<OlderPlace>& of(const std::string& file) const;

 private:
  void add(const journal::Journal& journal, FileBeginnings& beginnings);

  std::map<std::string, std::vector<OlderPlace>> by_file_;
};

}  // namespace mboxferry::transfer
