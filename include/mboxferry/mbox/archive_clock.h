// SPDX-License-Identifier: Apache-2.0
// Whose clock the From_ lines are in folders that have too few messages to tell.
#pragma once

#include <vector>

#include "mboxferry/mbox/dialect.h"

namespace mboxferry::mbox {

/// Judges such folders of one archive together: a program that exports old mail writes one folder
/// after the other, and the time of the export into all of them.
class ArchiveClock {
 public:
  void add(const FewDates& dates) { folders_.push_back(dates); }
  /// True when most of the messages are dated long before their From_ lines, which follow each
  /// other closely from folder to folder.
  [[nodiscard]] bool is_export() const;

 private:
  std::vector<FewDates> folders_;
};

}  // namespace mboxferry::mbox
