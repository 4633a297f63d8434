// SPDX-License-Identifier: Apache-2.0
// The order of commits.
#include "transfer/commit_order.h"

#include <algorithm>

namespace mboxferry::transfer {

CommitOrder::Ticket CommitOrder::take(int connection) {
  const std::scoped_lock lock(mutex_);
  waiting_.push_back({next_, connection});
  return next_++;
}

bool CommitOrder::may_commit(Ticket ticket) const {
  const std::scoped_lock lock(mutex_);
  const auto own = std::find_if(waiting_.begin(), waiting_.end(),
                                [&](const Holder& holder) { return holder.ticket == ticket; });
  return own == waiting_.end() || std::all_of(waiting_.begin(), own, [&](const Holder& earlier) {
           return earlier.connection == own->connection;
         });
}

void CommitOrder::done(Ticket ticket) {
  const std::scoped_lock lock(mutex_);
  std::erase_if(waiting_, [&](const Holder& holder) { return holder.ticket == ticket; });
  changed_.notify_all();
}

void CommitOrder::wait(std::chrono::milliseconds patience) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience);
}

}  // namespace mboxferry::transfer
