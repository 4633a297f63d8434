// SPDX-License-Identifier: Apache-2.0
// Messages whose content a server does not give.
#pragma once

#include <set>

#include "mboxferry/imap/target.h"

namespace mboxferry::transfer {

/// Of one mailbox, so that none is asked for in vain again. One thread.
class WithheldBodies {
 public:
  /// With more of them it is no matter of single messages.
  static constexpr std::size_t kMost = 1000;

  [[nodiscard]] const std::set<imap::Uid>& uids() const { return uids_; }
  [[nodiscard]] bool contains(imap::Uid uid) const { return uids_.contains(uid); }
  void add(imap::Uid uid) { uids_.insert(uid); }

 private:
  std::set<imap::Uid> uids_;
};

}  // namespace mboxferry::transfer
