// SPDX-License-Identifier: Apache-2.0
// How the index pass and the sender wait for each other.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/base/result.h"

namespace mboxferry::transfer {

/// The index pass goes through the folders in order and runs ahead of the sender by a bounded
/// number of bytes, so that what is sent is still in the page cache. Any thread.
class IndexGate {
 public:
  /// `backlog`: wire bytes that are planned already and not sent.
  IndexGate(std::uint64_t lead, std::uint64_t backlog) : lead_(lead), ahead_(backlog) {}

  // The index pass's side.
  /// Counts newly indexed bytes; waits while the lead is used up. False: stop indexing.
  bool indexed(std::uint64_t wire_bytes);
  /// The first `count` folders may have messages from now on.
  void folders_begun(std::size_t count);
  /// One more is indexed completely.
  void folder_done();
  void failed(Error error);
  /// From now on there is no bound: nobody sends before the index pass has ended.
  void lift();

  // The sender's side.
  void sent(std::uint64_t wire_bytes);
  /// How many folders are begun and how many indexed completely, both counted from the first, and
  /// how often anything was added so far.
  struct Position {
    std::size_t folders_begun = 0;
    std::size_t folders_done = 0;
    std::uint64_t generation = 0;
  };
  Position position() const;
  /// Waits until the position differs from `seen`, somebody pokes, or `patience` is over; an error
  /// of the index pass is returned.
  Result<void> wait_beyond(const Position& seen, const Cancellation& cancel,
                           std::chrono::milliseconds patience = std::chrono::hours(1));
  /// Wakes those who wait: something else than the index has changed.
  void poke();
  void stop();

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t lead_;
  std::uint64_t ahead_;
  Position position_;
  std::optional<Error> error_;
  bool stopped_ = false;
};

}  // namespace mboxferry::transfer
