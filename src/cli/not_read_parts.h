// SPDX-License-Identifier: Apache-2.0
// What is not read of an archive, as far as the user asked for it.
#pragma once

#include "mboxferry/archive/archive.h"
#include "mboxferry/base/result.h"
#include "mboxferry/plan/folder_filter.h"

namespace mboxferry::cli {

/// The files and members of one archive that are not read, without those that --include and
/// --exclude leave out. Keeps references to both.
class NotReadParts {
 public:
  NotReadParts(const archive::Archive& archive, const plan::FolderFilter& filter)
      : list_(archive.not_read()), filter_(filter) {}

  /// As archive::NotReadList::each().
  Result<void> each(archive::NotReadKind kind, const archive::NotReadList::Visitor& visit) const;
  [[nodiscard]] Result<archive::NotReadList::Count> count(archive::NotReadKind kind) const;

 private:
  const archive::NotReadList& list_;
  const plan::FolderFilter& filter_;
};

}  // namespace mboxferry::cli
