// SPDX-License-Identifier: Apache-2.0
// Our streams as what libarchive reads.
#pragma once

#include <archive.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "archive/input_stream.h"
#include "archive/window_watch.h"
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

  /// Watches what libarchive is given from `position` of the stream on, which is the present one or
  /// just read. The error when the first header there asks for more than `most` bytes of memory; a
  /// later one that does makes libarchive's read fail with that as the stream's error. `name` is
  /// what is unpacked.
  Result<void> watch(WindowFormat format, std::uint64_t position, std::uint64_t most,
                     const std::string& name);
  /// Ends that.
  void watch_nothing() { watched_.reset(); }

  /// How many bytes libarchive may take at once, for a header or before it gives any of an entry:
  /// lists of holes are kept in memory, and take twelve times as much there. Empty buffers do not
  /// count. What takes more makes libarchive fail with that as the stream's error.
  void allow_at_once(std::uint64_t most) { most_at_once_ = most; }
  /// Goes to the next entry's header; a libarchive status.
  int next_header(archive_entry** entry);

  /// Of the present entry: what archive_read_data() gives, except that bytes before an error are
  /// given before the error. A libarchive status when negative.
  la_ssize_t read_data(std::span<char> buffer);
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

  struct Watched {
    WindowWatch headers;
    std::uint64_t position;  // of the next byte to be looked at
    std::uint64_t most;
    std::uint64_t of_library;
    std::string name;
  };

  class AtOnce;

  int leave_entry();
  Result<std::size_t> fill();
  Result<void> count_at_once(std::string_view bytes);
  Result<std::string> bytes_at(std::uint64_t position);
  Result<void> look(std::uint64_t begin, std::string_view bytes);
  [[nodiscard]] std::uint64_t stream_offset() const {
    return file_ != nullptr ? file_->offset() : given_;
  }

  std::unique_ptr<InputStream> stream_;
  FileStream* file_;  // the stream, when it is one that can seek
  std::optional<Watched> watched_;
  std::string ahead_;             // read from a stream that cannot seek, and not yet given
  std::uint64_t last_given_ = 0;  // how much of buffer_ libarchive was given last
  std::uint64_t given_ = 0;
  std::uint64_t zeros_ = 0;
  std::optional<Error> error_;
  std::optional<std::uint64_t> most_at_once_;
  std::optional<std::uint64_t> at_once_;  // taken by the present call, where that has a bound
  bool in_entry_ = false;
  std::string_view block_;         // libarchive's, not yet given
  std::int64_t block_offset_ = 0;  // of it in the entry
  std::int64_t entry_offset_ = 0;  // of the next byte
  bool entry_ended_ = false;
  std::array<char, 64 * 1024> buffer_{};
  Handle<LibarchiveReader, archive_read_free> reader_;  // first to go: it reads buffer_
};

}  // namespace mboxferry::archive
