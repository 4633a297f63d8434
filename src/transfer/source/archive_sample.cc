// SPDX-License-Identifier: Apache-2.0
// Reads a folder here and there.
#include "transfer/source/archive_sample.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "mboxferry/mbox/envelope.h"
#include "mboxferry/message/digest.h"
#include "mboxferry/transfer/folder_index.h"

namespace mboxferry::transfer {
namespace {

// A folder up to this size is read as a whole, and this much of one that can only be read from its
// beginning.
constexpr std::uint64_t kSmall = std::uint64_t{1} << 20;
constexpr std::size_t kMostAtBeginning = 512;
// How far a place may be from the next separator. Larger messages are passed over.
constexpr std::size_t kReach = std::size_t{256} << 10;

Error enough() { return {ErrorCode::interrupted, "a sample needs no more", ""}; }

/// Keeps what messages are known by, until there are enough.
class Collector final : public IndexSink {
 public:
  Collector(std::size_t most_messages, std::uint64_t most_bytes)
      : most_messages_(most_messages), most_bytes_(most_bytes) {}

  Result<void> message(const IndexedMessage& message, std::uint64_t,
                       const mbox::Accounting&) override {
    bytes_ += message.length;
    last_offset_ = message.offset;
    if (!message.pseudo && !message.expunged)
      messages_.push_back({message.message_id, message::message_id_hash(message.message_id),
                           message.wire_size, message.date.time, message.content});
    full_ = messages_.size() >= most_messages_ || bytes_ >= most_bytes_;
    return full_ ? Result<void>(enough()) : ok();
  }
  Result<void> doubt(const mbox::Doubt&) override { return ok(); }
  Result<void> problem(const mbox::Problem&) override { return ok(); }

  [[nodiscard]] bool full() const { return full_; }
  [[nodiscard]] std::uint64_t last_offset() const { return last_offset_; }
  std::vector<SampleMessage> take() { return std::move(messages_); }

 private:
  const std::size_t most_messages_;
  const std::uint64_t most_bytes_;
  std::vector<SampleMessage> messages_;
  std::uint64_t bytes_ = 0;
  std::uint64_t last_offset_ = 0;
  bool full_ = false;
};

class FolderSampler {
 public:
  FolderSampler(const SourceFolder& source, const IndexOptions& options, const Cancellation& cancel)
      : source_(source), options_(options), cancel_(cancel) {}

  Result<std::vector<SampleMessage>> beginning(std::size_t most) {
    MBOXFERRY_ASSIGN(bytes_, archive::open_folder(source_.place));
    return read_from(0, most, kSmall);
  }

  Result<std::vector<SampleMessage>> sample(std::size_t most) {
    MBOXFERRY_ASSIGN(bytes_, archive::open_folder(source_.place));
    const bool is_mbox = source_.place.form == archive::FolderForm::mbox;
    const bool anywhere = is_mbox ? bytes_->reads_anywhere() : !source_.place.container;
    if (anywhere && source_.place.bytes_on_disk > kSmall) {
      MBOXFERRY_ASSIGN(auto found, here_and_there(most));
      if (!found.empty()) return found;
    }
    MBOXFERRY_ASSIGN(auto beginning, read_from(0, kMostAtBeginning, kSmall));
    return spread(std::move(beginning), most);
  }

 private:
  Result<std::vector<SampleMessage>> here_and_there(std::size_t most) {
    std::vector<SampleMessage> found;
    // Where the last one begins: a large one fills several places.
    std::optional<std::uint64_t> last;
    for (std::size_t i = 0; i < most; ++i) {
      const std::uint64_t place = source_.place.bytes_on_disk / most * i;
      std::optional<std::uint64_t> start = place;
      // The stream of a folder with a file a message may be begun anywhere.
      if (source_.place.form == archive::FolderForm::mbox && place > 0) {
        MBOXFERRY_ASSIGN(start, separator_after(place));
      }
      if (!start) continue;
      MBOXFERRY_ASSIGN(auto one, read_from(*start, 1, source_.place.bytes_on_disk));
      if (std::exchange(last, last_offset_) == last_offset_) continue;
      // Without an identifier it may be a part of a message.
      const bool sure = !one.empty() && (place == 0 || one.front().message_id_hash != 0);
      if (sure) found.push_back(std::move(one.front()));
    }
    return found;
  }

  Result<std::vector<SampleMessage>> read_from(std::uint64_t offset, std::size_t most_messages,
                                               std::uint64_t most_bytes) {
    Collector collector(most_messages, most_bytes);
    const auto indexed = index_place(source_.place, *bytes_, source_.survey, options_, collector,
                                     cancel_, {offset, {offset, 0, 0, 0}});
    if (!indexed && !collector.full()) return Error(indexed.error());
    last_offset_ = collector.last_offset();
    return collector.take();
  }

  /// The next From_ line behind an empty line.
  Result<std::optional<std::uint64_t>> separator_after(std::uint64_t offset) {
    buffer_.resize(kReach);
    MBOXFERRY_ASSIGN(const std::size_t size, bytes_->read_at(offset, std::span(buffer_)));
    const std::string_view text(buffer_.data(), size);
    for (const std::string_view before : {"\n\nFrom ", "\n\r\nFrom "}) {
      for (std::size_t at = text.find(before); at != std::string_view::npos;
           at = text.find(before, at + 1)) {
        const std::size_t begin = at + before.size() - 5;
        std::string_view line = text.substr(begin, text.find('\n', begin) - begin);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (mbox::parse_envelope(line)) return std::optional(offset + begin);
      }
    }
    return std::optional<std::uint64_t>();
  }

  const SourceFolder& source_;
  const IndexOptions& options_;
  const Cancellation& cancel_;
  std::unique_ptr<ByteSource> bytes_;
  std::string buffer_;
  std::uint64_t last_offset_ = 0;  ///< of the message that was read last
};

}  // namespace

std::vector<SampleMessage> spread(std::vector<SampleMessage> all, std::size_t count) {
  if (all.size() <= count) return all;
  std::vector<SampleMessage> chosen;
  chosen.reserve(count);
  for (std::size_t i = 0; i < count; ++i) chosen.push_back(std::move(all[i * all.size() / count]));
  return chosen;
}

Result<std::vector<SampleMessage>> sample_beginning(const SourceFolder& source,
                                                    const IndexOptions& options, std::size_t most,
                                                    const Cancellation& cancel) {
  return FolderSampler(source, options, cancel).beginning(most);
}

Result<std::vector<SampleMessage>> sample_folder(const SourceFolder& source,
                                                 const IndexOptions& options, std::size_t most,
                                                 const Cancellation& cancel) {
  if (most == 0) return std::vector<SampleMessage>();
  return FolderSampler(source, options, cancel).sample(most);
}

}  // namespace mboxferry::transfer
