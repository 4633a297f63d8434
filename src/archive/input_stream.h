// SPDX-License-Identifier: Apache-2.0
// Bytes that come once, in order: what decompressors and container readers read and give.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "archive/open_file.h"
#include "archive/unpack_meter.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

/// After an error it is used up. One thread at a time.
class InputStream {
 public:
  InputStream() = default;
  InputStream(const InputStream&) = delete;
  InputStream& operator=(const InputStream&) = delete;
  virtual ~InputStream() = default;

  /// The next bytes, at least one; 0 at the end.
  virtual Result<std::size_t> read(std::span<char> buffer) = 0;
  /// Passes over up to `count` bytes; how many there were.
  virtual Result<std::uint64_t> skip(std::uint64_t count);
  /// For messages: what these bytes are.
  [[nodiscard]] virtual const std::string& name() const = 0;
};

/// A file from front to back, or from wherever it is sent to.
class FileStream final : public InputStream {
 public:
  /// `meter` counts the bytes that are read.
  FileStream(std::shared_ptr<const OpenFile> file, std::shared_ptr<UnpackMeter> meter)
      : file_(std::move(file)), meter_(std::move(meter)) {}

  Result<std::size_t> read(std::span<char> buffer) override;
  Result<std::uint64_t> skip(std::uint64_t count) override;
  [[nodiscard]] const std::string& name() const override { return file_->path(); }
  [[nodiscard]] const OpenFile& file() const { return *file_; }
  [[nodiscard]] std::uint64_t size() const { return file_->size(); }
  [[nodiscard]] std::uint64_t offset() const { return offset_; }
  void seek(std::uint64_t offset) { offset_ = offset; }

 private:
  std::shared_ptr<const OpenFile> file_;
  std::shared_ptr<UnpackMeter> meter_;
  std::uint64_t offset_ = 0;
};

/// Lets its first bytes be looked at before they are read.
class HeadedStream final : public InputStream {
 public:
  explicit HeadedStream(std::unique_ptr<InputStream> rest) : rest_(std::move(rest)) {}

  /// The first bytes, at most kHeadBytes, and less before an error, which the reading gives. Only
  /// before anything is read; valid until then.
  Result<std::string_view> head();
  /// True when an error ended the head: it may be too short to tell what the file is.
  [[nodiscard]] bool head_is_cut() const { return error_.has_value(); }
  Result<std::size_t> read(std::span<char> buffer) override;
  Result<std::uint64_t> skip(std::uint64_t count) override;
  [[nodiscard]] const std::string& name() const override { return rest_->name(); }

 private:
  std::unique_ptr<InputStream> rest_;
  std::string head_;
  std::size_t head_used_ = 0;
  bool has_head_ = false;
  std::optional<Error> error_;  // what ended the head; for when that is read
};

}  // namespace mboxferry::archive
