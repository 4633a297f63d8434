// SPDX-License-Identifier: Apache-2.0
// Handing blocks to threads and taking them back in order.
#include "transfer/index/index_workers.h"

#include <utility>

#include "mboxferry/base/thread.h"

namespace mboxferry::transfer {

IndexWorkers::IndexWorkers(std::size_t block_count, std::size_t block_bytes)
    : block_bytes_(block_bytes), ring_(block_count) {}

IndexWorkers::~IndexWorkers() {
  {
    const std::scoped_lock lock(mutex_);
    stop_ = true;
    submitted_changed_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
}

bool IndexWorkers::start(std::vector<std::unique_ptr<MessageIndexer>>& indexers) {
  threads_.reserve(indexers.size());
  indexers_.swap(indexers);
  for (const auto& indexer : indexers_) {
    const bool first = threads_.empty();
    auto thread = start_thread([this, &indexer = *indexer, first] { work(indexer, first); });
    if (!thread) break;  // those that there are will do
    threads_.push_back(std::move(*thread));
  }
  if (threads_.empty()) indexers_.swap(indexers);
  return !threads_.empty();
}

IndexBlock* IndexWorkers::to_fill() {
  // Only this thread moves the two counts, so that it may look at submitted_ without the lock.
  if (submitted_ - released_ == ring_.size()) return nullptr;
  auto& block = slot(submitted_).block;
  if (!block) block = std::make_unique<IndexBlock>(block_bytes_);
  if (!std::exchange(filling_, true)) block->reset(inside_message_);
  return block.get();
}

void IndexWorkers::submit() {
  Slot& filled = slot(submitted_);
  inside_message_ = filled.block->message_open();
  filling_ = false;
  const std::scoped_lock lock(mutex_);
  filled.indexed = false;
  if (!filled.block->continues_message()) free_.push_back(submitted_);
  ++submitted_;
  submitted_changed_.notify_all();
}

IndexBlock* IndexWorkers::oldest(bool wait) {
  if (released_ == submitted_) return nullptr;
  Slot& oldest = slot(released_);
  std::unique_lock lock(mutex_);
  if (wait) indexed_changed_.wait(lock, [&] { return oldest.indexed || failure_; });
  if (failure_) std::rethrow_exception(failure_);
  return oldest.indexed ? oldest.block.get() : nullptr;
}

void IndexWorkers::release() { ++released_; }

std::optional<std::uint64_t> IndexWorkers::take(std::optional<std::uint64_t> mine) {
  std::unique_lock lock(mutex_);
  submitted_changed_.wait(lock,
                          [&] { return stop_ || (mine ? submitted_ > *mine : !free_.empty()); });
  if (stop_) return std::nullopt;
  if (mine) return mine;
  const std::uint64_t number = free_.front();
  free_.pop_front();
  return number;
}

void IndexWorkers::work(MessageIndexer& indexer, bool inside_message) {
  try {
    std::optional<std::uint64_t> mine;
    if (inside_message) mine = 0;
    while (const auto number = take(mine)) {
      Slot& taken = slot(*number);
      taken.block->index(indexer);
      mine.reset();
      if (taken.block->message_open()) mine = *number + 1;
      const std::scoped_lock lock(mutex_);
      taken.indexed = true;
      indexed_changed_.notify_one();
    }
  } catch (...) {  // for want of memory; the caller's thread throws it again
    const std::scoped_lock lock(mutex_);
    failure_ = std::current_exception();
    indexed_changed_.notify_one();
  }
}

}  // namespace mboxferry::transfer
