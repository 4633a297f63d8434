// SPDX-License-Identifier: Apache-2.0
// Our streams as what libarchive reads.
#pragma once

#include <archive.h>

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "archive/input_stream.h"
#include "mboxferry/base/handle.h"

namespace mboxferry::archive {

using LibarchiveReader = struct ::archive;  // the name of our namespace hides libarchive's

/// A libarchive reader together with what it reads from; neither moves.
class LibarchiveInput {
 public:
  explicit LibarchiveInput(std::unique_ptr<InputStream> stream);
  LibarchiveInput(const LibarchiveInput&) = delete;
  LibarchiveInput& operator=(const LibarchiveInput&) = delete;
  ~LibarchiveInput() = default;

  /// To be called when filters and formats are chosen; a libarchive status.
  int open();

  [[nodiscard]] LibarchiveReader* get() const { return reader_.get(); }
  [[nodiscard]] InputStream& stream() { return *stream_; }
  [[nodiscard]] const std::string& name() const { return stream_->name(); }
  /// Bytes that libarchive was given.
  [[nodiscard]] std::uint64_t given() const { return given_; }
  /// How many zero bytes came last.
  [[nodiscard]] std::uint64_t zeros() const { return zeros_; }
  /// The stream's own error when that is why libarchive failed.
  [[nodiscard]] const std::optional<Error>& stream_error() const { return error_; }
  /// What libarchive says about its failure.
  [[nodiscard]] std::string reason() const;

 private:
  static la_ssize_t read(LibarchiveReader* reader, void* client, const void** buffer) noexcept;
  static la_int64_t skip(LibarchiveReader* reader, void* client, la_int64_t count) noexcept;
  static la_int64_t seek(LibarchiveReader* reader, void* client, la_int64_t offset,
                         int whence) noexcept;

  std::unique_ptr<InputStream> stream_;
  FileStream* file_;  // the stream, when it is one that can seek
  std::uint64_t given_ = 0;
  std::uint64_t zeros_ = 0;
  std::optional<Error> error_;
  std::array<char, 64 * 1024> buffer_{};
  Handle<LibarchiveReader, archive_read_free> reader_;  // first to go: it reads buffer_
};

}  // namespace mboxferry::archive
