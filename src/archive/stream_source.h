// SPDX-License-Identifier: Apache-2.0
// Reading by position what comes as a stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "archive/input_stream.h"
#include "archive/temporary_file.h"
#include "mboxferry/base/byte_source.h"

namespace mboxferry::archive {

/// Starts the same stream again and again.
class StreamOpener {
 public:
  StreamOpener() = default;
  StreamOpener(const StreamOpener&) = delete;
  StreamOpener& operator=(const StreamOpener&) = delete;
  virtual ~StreamOpener() = default;

  /// The last place at or before `offset` where open() can start.
  virtual Result<std::uint64_t> start_before(std::uint64_t /*offset*/) { return 0; }
  /// The stream from `start` on, which came from start_before().
  virtual Result<std::unique_ptr<InputStream>> open(std::uint64_t start) = 0;
  virtual Result<void> check_unchanged() = 0;
  /// True when starting again costs far more than the bytes that are read.
  [[nodiscard]] virtual bool is_dear() const { return false; }
  /// True when bytes that cannot be unpacked end the stream, and what is before them is read.
  [[nodiscard]] virtual bool ends_at_damage() const { return false; }
  [[nodiscard]] virtual const std::string& name() const = 0;
};

/// Offsets count the stream's bytes. The last 1 MiB is kept, so that short steps back are cheap; a
/// longer one starts the stream again. Of a stream that is dear to start, the beginning is kept in
/// a temporary file too, because a folder's beginning is read more than once. Memory is constant,
/// and nothing is opened before the first read.
class StreamSource final : public ByteSource {
 public:
  explicit StreamSource(std::unique_ptr<StreamOpener> opener)
      : opener_(std::move(opener)), keeps_beginning_(opener_->is_dear()) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> buffer) override;
  Result<void> check_unchanged() override { return opener_->check_unchanged(); }
  [[nodiscard]] std::optional<Error> damage() const override { return damage_; }
  [[nodiscard]] const std::string& name() const override { return opener_->name(); }

 private:
  Result<void> start(std::uint64_t offset);
  Result<void> jump(std::uint64_t offset);
  Result<void> read_more();
  void slide();
  bool end_at(const Error& error);
  [[nodiscard]] std::uint64_t kept_size() const { return beginning_ ? beginning_->size() : 0; }
  [[nodiscard]] std::uint64_t window_end() const { return window_begin_ + window_size_; }

  std::unique_ptr<StreamOpener> opener_;
  std::unique_ptr<InputStream> stream_;
  std::unique_ptr<char[]> window_;
  std::uint64_t window_begin_ = 0;
  std::size_t window_size_ = 0;
  bool at_end_ = false;
  std::optional<Error> damage_;
  std::optional<TemporaryFile> beginning_;
  bool keeps_beginning_;
};

}  // namespace mboxferry::archive
