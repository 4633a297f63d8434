// SPDX-License-Identifier: Apache-2.0
// The threads of the index pass, and the ring of blocks that they work on.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "transfer/index/index_block.h"

namespace mboxferry::transfer {

/// Indexes blocks on threads of its own and gives them back in the order in which they came. One
/// caller's thread fills, submits and takes back. A worker that began a message goes on with it in
/// the next block, so that a message's state never changes hands; blocks that begin with a new
/// message go to whoever is free.
class IndexWorkers {
 public:
  /// Uses at most `block_count` blocks of `block_bytes` each; they are made when first needed.
  IndexWorkers(std::size_t block_count, std::size_t block_bytes);
  /// Stops at the end of the blocks that are being worked on.
  ~IndexWorkers();
  IndexWorkers(const IndexWorkers&) = delete;
  IndexWorkers& operator=(const IndexWorkers&) = delete;

  /// Starts a thread for each of `indexers`, of which the first is within a message, or as many as
  /// the system allows. With none, `indexers` are left as they were and false is returned.
  bool start(std::vector<std::unique_ptr<MessageIndexer>>& indexers);

  /// The block to fill; nullptr while all are in use. Stays the same until submit().
  IndexBlock* to_fill();
  void submit();

  /// The oldest block that was submitted and not released, once it is indexed. Without `wait`, or
  /// when there is none, it may be nullptr. Throws again what a worker threw.
  IndexBlock* oldest(bool wait);
  void release();

 private:
  struct Slot {
    std::unique_ptr<IndexBlock> block;
    bool indexed = false;
  };

  void work(MessageIndexer& indexer, bool inside_message);
  /// The number of the block to work on: `mine` when it is set. Nothing: stop.
  std::optional<std::uint64_t> take(std::optional<std::uint64_t> mine);
  [[nodiscard]] Slot& slot(std::uint64_t number) { return ring_[number % ring_.size()]; }

  const std::size_t block_bytes_;
  std::vector<std::unique_ptr<MessageIndexer>> indexers_;
  std::vector<std::thread> threads_;

  // The caller's own.
  bool inside_message_ = true;
  bool filling_ = false;
  std::uint64_t released_ = 0;  ///< how many blocks have been taken back

  std::mutex mutex_;
  std::condition_variable submitted_changed_;
  std::condition_variable indexed_changed_;
  std::vector<Slot> ring_;
  std::uint64_t submitted_ = 0;     ///< how many blocks have been submitted
  std::deque<std::uint64_t> free_;  ///< blocks that any worker may take
  std::exception_ptr failure_;
  bool stop_ = false;
};

}  // namespace mboxferry::transfer
