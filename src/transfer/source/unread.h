// SPDX-License-Identifier: Apache-2.0
// What of a job's archives is not read.
#pragma once

#include <string>
#include <vector>

#include "mboxferry/archive/archive.h"
#include "mboxferry/base/result.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/plan/folder_filter.h"
#include "mboxferry/transfer/progress.h"

namespace mboxferry::transfer {

/// Collected while the archives are opened, written into the journal afterwards.
class UnreadFiles {
 public:
  explicit UnreadFiles(plan::FolderFilter filter) : filter_(std::move(filter)) {}

  /// What the archive itself lists.
  void add(const archive::Archive& archive) { archives_.push_back(archive); }
  /// A folder in which no message was found.
  void add(archive::NotRead folder) { folders_.push_back(std::move(folder)); }

  /// Tells the first unread parts, and of the others how many there are.
  Result<void> tell(Observer& observer) const;
  /// Replaces what an earlier run wrote.
  Result<void> write(journal::Journal& journal) const;

 private:
  Result<void> each(archive::NotReadKind kind, const archive::NotReadList::Visitor& visit) const;

  plan::FolderFilter filter_;
  std::vector<archive::Archive> archives_;
  std::vector<archive::NotRead> folders_;
};

/// "3 parts of the archive (1.2 MB) are not read: PLACE: reason; ..."; empty when there are none.
Result<std::string> unread_text(const journal::Journal& journal);

}  // namespace mboxferry::transfer
