// SPDX-License-Identifier: Apache-2.0
// Decides on which thread messages are indexed.
#include "transfer/index/index_pipeline.h"

#include <algorithm>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>

#include "mboxferry/base/thread.h"

namespace mboxferry::transfer {

IndexBlock::IndexBlock(std::size_t capacity)
    : capacity_(capacity), bytes_(std::make_unique_for_overwrite<char[]>(capacity)) {}

void IndexBlock::put(Event event, std::size_t text_bytes) {
  events_.push_back(std::move(event));
  weight_ += sizeof(Event) + text_bytes;
}

void IndexBlock::begin(std::uint64_t offset, MessageStart start) {
  std::size_t text_bytes = start.envelope.sender.size() + start.file.size();
  for (const std::string& keyword : start.keywords) text_bytes += sizeof(keyword) + keyword.size();
  put(Begin{offset, std::move(start)}, text_bytes);
  message_open_ = true;
}

std::size_t IndexBlock::append(std::string_view raw) {
  const std::size_t size = std::min(raw.size(), capacity_ - used_);
  if (size == 0) return 0;
  std::memcpy(bytes_.get() + used_, raw.data(), size);
  // What follows directly joins what is there: the fewer pieces, the faster.
  auto* last = events_.empty() ? nullptr : std::get_if<Bytes>(&events_.back());
  if (last != nullptr)
    last->size += size;
  else
    put(Bytes{used_, size}, 0);
  used_ += size;
  return size;
}

void IndexBlock::end(std::uint64_t length, std::uint64_t resume_at,
                     const mbox::Accounting& accounting) {
  put(End{length, resume_at, accounting, {}}, 0);
  message_open_ = false;
}

void IndexBlock::add(mbox::Doubt doubt) {
  const std::size_t text_bytes = doubt.line.size() + doubt.reason.size();
  put(std::move(doubt), text_bytes);
}

void IndexBlock::add(mbox::Problem problem) {
  const std::size_t text_bytes = problem.code.size() + problem.text.size();
  put(std::move(problem), text_bytes);
}

void IndexBlock::index(MessageIndexer& indexer) {
  for (Event& event : events_) {
    if (auto* begin = std::get_if<Begin>(&event))
      indexer.begin(begin->offset, std::move(begin->start));
    else if (const auto* bytes = std::get_if<Bytes>(&event))
      indexer.bytes({bytes_.get() + bytes->from, bytes->size});
    else if (auto* end = std::get_if<End>(&event))
      end->message = indexer.finish(end->length);
  }
}

Result<void> IndexBlock::deliver(IndexSink& sink) const {
  for (const Event& event : events_) {
    if (const auto* end = std::get_if<End>(&event))
      MBOXFERRY_TRY(sink.message(end->message, end->resume_at, end->accounting));
    else if (const auto* doubt = std::get_if<mbox::Doubt>(&event))
      MBOXFERRY_TRY(sink.doubt(*doubt));
    else if (const auto* problem = std::get_if<mbox::Problem>(&event))
      MBOXFERRY_TRY(sink.problem(*problem));
  }
  return ok();
}

void IndexBlock::reset(bool inside_message) {
  events_.clear();
  used_ = 0;
  weight_ = 0;
  continues_message_ = message_open_ = inside_message;
}

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

IndexPipelineSizes IndexPipelineSizes::here() {
  IndexPipelineSizes sizes;
  const std::size_t processors = std::thread::hardware_concurrency();
  sizes.workers = processors > 1 ? std::min(sizes.workers, processors) : 0;
  return sizes;
}

IndexPipeline::IndexPipeline(const FolderSurvey& survey, const IndexOptions& options,
                             IndexSink& sink, const IndexPipelineSizes& sizes)
    : survey_(survey), options_(options), sink_(sink), sizes_(sizes), indexer_(new_indexer()) {}

std::unique_ptr<MessageIndexer> IndexPipeline::new_indexer() const {
  return std::make_unique<MessageIndexer>(survey_, options_);
}

Result<void> IndexPipeline::begin(std::uint64_t offset, const mbox::Envelope& envelope) {
  return begin(offset, MessageStart{envelope, {}, {}, {}, {}});
}

Result<void> IndexPipeline::begin(std::uint64_t offset, MessageStart start) {
  if (!workers_) {
    indexer_->begin(offset, std::move(start));
    return ok();
  }
  MBOXFERRY_TRY(make_room());
  block_->begin(offset, std::move(start));
  return ok();
}

Result<void> IndexPipeline::bytes(std::string_view raw) {
  if (!workers_) {
    inline_bytes_ += raw.size();
    if (inline_bytes_ > sizes_.inline_bytes && sizes_.workers > 0) start_workers();
  }
  if (!workers_) {
    indexer_->bytes(raw);
    return ok();
  }
  while (!raw.empty()) {
    MBOXFERRY_TRY(make_room());
    raw.remove_prefix(block_->append(raw));
  }
  return ok();
}

Result<void> IndexPipeline::end(std::uint64_t length, std::uint64_t resume_at,
                                const mbox::Accounting& accounting) {
  if (!workers_) return keep(sink_.message(indexer_->finish(length), resume_at, accounting));
  MBOXFERRY_TRY(make_room());
  block_->end(length, resume_at, accounting);
  // A block that ends with a message leaves the next one to another worker.
  return block_->half_full() ? submit() : ok();
}

Result<void> IndexPipeline::doubt(const mbox::Doubt& doubt) {
  if (!workers_) return keep(sink_.doubt(doubt));
  MBOXFERRY_TRY(make_room());
  block_->add(doubt);
  return ok();
}

Result<void> IndexPipeline::problem(const mbox::Problem& problem) {
  if (!workers_) return keep(sink_.problem(problem));
  MBOXFERRY_TRY(make_room());
  block_->add(problem);
  return ok();
}

void IndexPipeline::start_workers() {
  auto workers = std::make_unique<IndexWorkers>(sizes_.block_count, sizes_.block_bytes);
  std::vector<std::unique_ptr<MessageIndexer>> indexers;
  indexers.reserve(sizes_.workers);
  indexers.push_back(std::move(indexer_));
  while (indexers.size() < sizes_.workers) indexers.push_back(new_indexer());
  if (workers->start(indexers)) {
    workers_ = std::move(workers);
  } else {
    indexer_ = std::move(indexers.front());
    sizes_.workers = 0;
  }
}

Result<void> IndexPipeline::make_room() {
  if (block_ != nullptr && block_->full()) MBOXFERRY_TRY(submit());
  while (block_ == nullptr) {
    block_ = workers_->to_fill();
    if (block_ == nullptr) MBOXFERRY_TRY(deliver_oldest());
  }
  return ok();
}

Result<void> IndexPipeline::submit() {
  workers_->submit();
  block_ = nullptr;
  while (const IndexBlock* indexed = workers_->oldest(false)) {
    MBOXFERRY_TRY(keep(indexed->deliver(sink_)));
    workers_->release();
  }
  return ok();
}

Result<void> IndexPipeline::deliver_oldest() {
  const IndexBlock* indexed = workers_->oldest(true);
  MBOXFERRY_TRY(keep(indexed->deliver(sink_)));
  workers_->release();
  return ok();
}

Result<void> IndexPipeline::keep(Result<void> of_sink) {
  sink_failed_ = sink_failed_ || !of_sink;
  return of_sink;
}

Result<void> IndexPipeline::finish() {
  if (!workers_ || sink_failed_) return ok();
  if (block_ != nullptr && !block_->empty()) MBOXFERRY_TRY(submit());
  while (const IndexBlock* indexed = workers_->oldest(true)) {
    MBOXFERRY_TRY(keep(indexed->deliver(sink_)));
    workers_->release();
  }
  return ok();
}

}  // namespace mboxferry::transfer
