// SPDX-License-Identifier: Apache-2.0
// From the splitter's events to an IndexSink: at once in a small folder, by threads in a big one.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <variant>
#include <vector>

#include "mboxferry/transfer/indexer.h"
#include "transfer/index/message_indexer.h"

namespace mboxferry::transfer {

/// What the splitter found, in its order, with a copy of the messages' bytes. It may begin and end
/// within a message. One thread at a time: it is filled, then indexed, then delivered.
class IndexBlock {
 public:
  /// Holds `capacity` bytes of messages, and findings that take about as much.
  explicit IndexBlock(std::size_t capacity);

  // Filling.
  void begin(std::uint64_t offset, MessageStart start);
  /// Copies as much as there is room for and returns how much that was.
  std::size_t append(std::string_view raw);
  void end(std::uint64_t length, std::uint64_t resume_at, const mbox::Accounting& accounting);
  void add(mbox::Doubt doubt);
  void add(mbox::Problem problem);

  [[nodiscard]] bool empty() const { return events_.empty(); }
  [[nodiscard]] bool full() const { return used_ == capacity_ || weight_ >= capacity_; }
  [[nodiscard]] bool half_full() const { return used_ + weight_ >= capacity_ / 2; }
  /// True when its first bytes go on with a message of the block before.
  [[nodiscard]] bool continues_message() const { return continues_message_; }
  /// True when its last message goes on in the next block.
  [[nodiscard]] bool message_open() const { return message_open_; }

  /// Does the work. When it continues a message, `indexer` is the one that began that message.
  void index(MessageIndexer& indexer);

  /// Hands out the results; stops at the sink's first error.
  Result<void> deliver(IndexSink& sink) const;

  /// Makes it ready to be filled again, behind a block that ended within a message or not.
  void reset(bool inside_message);

 private:
  struct Begin {
    std::uint64_t offset;
    MessageStart start;
  };
  struct Bytes {
    std::size_t from;
    std::size_t size;
  };
  struct End {
    std::uint64_t length;
    std::uint64_t resume_at;
    mbox::Accounting accounting;
    IndexedMessage message;  ///< known once the block is indexed
  };
  using Event = std::variant<Begin, Bytes, End, mbox::Doubt, mbox::Problem>;

  void put(Event event, std::size_t text_bytes);

  const std::size_t capacity_;
  std::unique_ptr<char[]> bytes_;
  std::size_t used_ = 0;
  std::vector<Event> events_;
  std::size_t weight_ = 0;  ///< what the events take, in bytes
  bool continues_message_ = false;
  bool message_open_ = false;
};

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
