// SPDX-License-Identifier: Apache-2.0
// Which batch of a mailbox may commit next, when several connections send into it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>

namespace mboxferry::transfer {

/// Batches of one mailbox are stored in the order in which they took a ticket, whichever connection
/// sends them: the bytes of several go out at the same time, but the byte that lets the server
/// commit waits for the answers to all earlier batches. On one connection the server keeps the
/// order by itself. Any thread.
class CommitOrder {
 public:
  using Ticket = std::uint64_t;

  Ticket take(int connection);
  /// Every earlier batch is answered, or went before on the same connection.
  [[nodiscard]] bool may_commit(Ticket ticket) const;
  /// The batch is answered, or will not be sent any more.
  void done(Ticket ticket);
  /// Waits until some ticket is done, or for `patience`.
  void wait(std::chrono::milliseconds patience) const;

 private:
  struct Holder {
    Ticket ticket;
    int connection;
  };
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::deque<Holder> waiting_;  ///< not done, ascending
  Ticket next_ = 1;
};

}  // namespace mboxferry::transfer
