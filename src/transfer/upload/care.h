// SPDX-License-Identifier: Apache-2.0
// The messages of a mailbox that are sent with care.
#pragma once

#include <mutex>
#include <vector>

#include "mboxferry/journal/journal.h"

namespace mboxferry::transfer {

/// Messages that were in a command when its connection ended, or that got BAD: each goes alone,
/// synchronizing. Outlives individual connections, because a BAD closes the one that received it.
/// Any thread.
class Care {
 public:
  /// From now on messages [first, last] go with care.
  void go_carefully(journal::MessageId first, journal::MessageId last);
  [[nodiscard]] bool is_careful(journal::MessageId id) const;

 private:
  struct Range {
    journal::MessageId first, last;
  };
  mutable std::mutex mutex_;
  std::vector<Range> careful_;
};

}  // namespace mboxferry::transfer
