// SPDX-License-Identifier: Apache-2.0
// A bounded piece of a folder on its way through the index pass.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
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

}  // namespace mboxferry::transfer
