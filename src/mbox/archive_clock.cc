// SPDX-License-Identifier: Apache-2.0
// Whose clock the From_ lines are in folders that have too few messages to tell.
#include "mboxferry/mbox/archive_clock.h"

#include <algorithm>
#include <cstddef>

#include "mbox/clock_evidence.h"

namespace mboxferry::mbox {

bool ArchiveClock::is_export() const {
  if (folders_.size() < ClockEvidence::kFewest) return false;
  std::vector<FewDates> folders = folders_;
  std::sort(folders.begin(), folders.end(),
            [](const FewDates& a, const FewDates& b) { return a.first < b.first; });
  FewDates all = folders.front();
  std::size_t close = 1;
  for (std::size_t i = 1; i < folders.size(); ++i) {
    const FewDates& one = folders[i];
    if (one.last - all.last <= ClockEvidence::kSoon) ++close;
    all.messages += one.messages;
    all.far += one.far;
    all.last = std::max(all.last, one.last);
    all.earliest = std::min(all.earliest, one.earliest);
    all.latest = std::max(all.latest, one.latest);
  }
  // An export may have paused now and then.
  return all.far * 2 > all.messages && close * 20 >= folders.size() * 19 &&
         all.latest - all.earliest >= ClockEvidence::kSpread;
}

}  // namespace mboxferry::mbox
