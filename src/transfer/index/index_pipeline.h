// SPDX-License-Identifier: Apache-2.0
// From the splitter's events to an IndexSink: at once in a small folder, by threads in a big one.
#pragma once

#include <cstdint>
#include <memory>

#include "transfer/index/index_workers.h"
#include "transfer/index/message_indexer.h"

namespace mboxferry::transfer {

/// How the index pass divides its work; nothing of it changes a result.
struct IndexPipelineSizes {
  /// What is indexed on the caller's thread before others are started: a small folder is read
  /// faster than a thread starts.
  std::uint64_t inline_bytes = std::uint64_t{1} << 20;
  std::size_t block_bytes = std::size_t{256} << 10;
  std::size_t block_count = 12;
  /// More do not help: splitting takes about a third of the time of all the rest. 0: never any.
  std::size_t workers = 3;

  /// For this machine.
  static IndexPipelineSizes here();
};

/// Takes messages as the splitter finds them; the sink gets the results on the same thread and in
/// the folder's order. Memory is bounded by the sizes. docs/decisions/0010 has the reasons.
class IndexPipeline final : public mbox::MessageSink {
 public:
  /// All of them must outlive it.
  IndexPipeline(const FolderSurvey& survey, const IndexOptions& options, IndexSink& sink,
                const IndexPipelineSizes& sizes = IndexPipelineSizes::here());

  Result<void> begin(std::uint64_t offset, const mbox::Envelope& envelope) override;
  Result<void> begin(std::uint64_t offset, MessageStart start);
  Result<void> bytes(std::string_view raw) override;
  Result<void> end(std::uint64_t length, std::uint64_t resume_at,
                   const mbox::Accounting& accounting) override;
  Result<void> doubt(const mbox::Doubt& doubt) override;
  Result<void> problem(const mbox::Problem& problem) override;

  /// Delivers what is still under way, also after an error of the splitter. Once the sink has
  /// failed, there is nothing to deliver.
  Result<void> finish();

 private:
  void start_workers();
  [[nodiscard]] std::unique_ptr<MessageIndexer> new_indexer() const;
  Result<void> make_room();
  Result<void> submit();
  Result<void> deliver_oldest();
  Result<void> keep(Result<void> of_sink);

  const FolderSurvey& survey_;
  const IndexOptions& options_;
  IndexSink& sink_;
  IndexPipelineSizes sizes_;
  std::uint64_t inline_bytes_ = 0;
  bool sink_failed_ = false;
  std::unique_ptr<MessageIndexer> indexer_;  ///< null once the workers have it
  std::unique_ptr<IndexWorkers> workers_;    ///< null while everything happens on this thread
  IndexBlock* block_ = nullptr;              ///< the block to fill; it has room
};

}  // namespace mboxferry::transfer
