// SPDX-License-Identifier: Apache-2.0
// The order of commits.
#include "transfer/upload/commit_order.h"

#include <algorithm>

namespace mboxferry::transfer {

void CommitOrder::join(int connection) {
  const std::scoped_lock lock(mutex_);
  taking_part_.try_emplace(connection);
}

void CommitOrder::leave(int connection) {
  const std::scoped_lock lock(mutex_);
  taking_part_.erase(connection);
}

CommitOrder::Size CommitOrder::agree(int connection, const Size& wanted) {
  const std::scoped_lock lock(mutex_);
  if (const auto own = taking_part_.find(connection); own != taking_part_.end())
    own->second = wanted;
  Size agreed = wanted;
  for (const auto& [other, size] : taking_part_) {
    agreed.messages = std::max(agreed.messages, size.messages);
    agreed.bytes = std::max(agreed.bytes, size.bytes);
  }
  return agreed;
}

/// With the mutex held.
std::ptrdiff_t CommitOrder::under_way(int connection) const {
  return std::ranges::count(waiting_, connection, &Holder::connection);
}

bool CommitOrder::may_take(int connection) const {
  const std::scoped_lock lock(mutex_);
  const std::ptrdiff_t own = under_way(connection);
  return std::ranges::all_of(taking_part_,
                             [&](const auto& other) { return own <= under_way(other.first); });
}

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
