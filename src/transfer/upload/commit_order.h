// SPDX-License-Identifier: Apache-2.0
// Which batch of a mailbox may commit next, when several connections send into it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>

namespace mboxferry::transfer {

/// Batches of one mailbox are stored in the order in which they took a ticket, whichever connection
/// sends them: the bytes of several go out at the same time, but the byte that lets the server
/// commit waits for the answers to all earlier batches. On one connection the server keeps the
/// order by itself. Any thread.
class CommitOrder {
 public:
  using Ticket = std::uint64_t;

  /// From now on `connection` takes its share; leave() ends that.
  void join(int connection);
  void leave(int connection);
  struct Size {
    std::size_t messages = 0;
    std::uint64_t bytes = 0;
  };
  /// What the next batch may hold: the most that anybody who takes part wants. Equal batches take
  /// their turns without a pause, and one that waits for its turn cannot tell how fast its server
  /// is: by itself it would stay small.
  [[nodiscard]] Size agree(int connection, const Size& wanted);
  /// False while another connection that takes part has fewer batches under way. Dealt out in turn,
  /// the next batches to commit lie on different connections, whose servers work at the same time.
  [[nodiscard]] bool may_take(int connection) const;
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
  [[nodiscard]] std::ptrdiff_t under_way(int connection) const;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::deque<Holder> waiting_;       ///< not done, ascending
  std::map<int, Size> taking_part_;  ///< with what each wants
  Ticket next_ = 1;
};

}  // namespace mboxferry::transfer
