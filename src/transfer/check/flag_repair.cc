// SPDX-License-Identifier: Apache-2.0
// Puts keywords back that a server has lost.
#include "transfer/check/flag_repair.h"

#include <string>

namespace mboxferry::transfer {

bool FlagRepair::take(const Difference& difference) {
  const bool lost = difference.what == "keywords" && !difference.has_others;
  if (!lost || difference.compared_before || lost_.size() == kMost) return false;
  lost_.push_back(difference);
  return true;
}

Result<std::uint64_t> FlagRepair::put_back(imap::Target& target) {
  std::uint64_t put_back = 0;
  std::string selected;
  for (const Difference& lost : lost_) {
    if (lost.mailbox != selected) {
      MBOXFERRY_TRY(target.select(lost.mailbox));
      selected = lost.mailbox;
    }
    const auto added = target.add_flags(lost.uid, lost.flags, lost.keywords);
    if (!added && added.error().scope != ErrorScope::message) return added.error();
    if (added) ++put_back;
  }
  lost_.clear();
  return put_back;
}

}  // namespace mboxferry::transfer
