// SPDX-License-Identifier: Apache-2.0
// Decides on which thread messages are indexed.
#include "transfer/index/index_pipeline.h"

#include <algorithm>
#include <thread>
#include <utility>
#include <vector>

namespace mboxferry::transfer {

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
