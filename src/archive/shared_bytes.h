// SPDX-License-Identifier: Apache-2.0
// An unpacked copy of a stream, for readers that go back and forth.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "archive/stream_source.h"
#include "archive/temporary_file.h"
#include "mboxferry/base/byte_source.h"

namespace mboxferry::archive {

/// Unpacks a stream once, into a temporary file, as far as its readers ask. When there is no room
/// for the file the copy is given up, and readers have to go to the stream themselves.
/// Thread-safe; readers of what is unpacked already do not wait for those that unpack more.
class SharedBytes {
 public:
  explicit SharedBytes(std::unique_ptr<StreamOpener> opener) : opener_(std::move(opener)) {}

  /// Fills `buffer` from `offset`, less only at the end; nothing when the copy is given up.
  std::optional<std::size_t> read_at(std::uint64_t offset, std::span<char> buffer);
  /// What ended the stream early, once a reader has got there.
  [[nodiscard]] std::optional<Error> damage() const;

 private:
  struct Copy {
    std::shared_ptr<TemporaryFile> file;
    std::uint64_t size = 0;
  };
  std::optional<Copy> copy_up_to(std::uint64_t end);
  bool start();
  bool unpack_more();
  [[nodiscard]] bool has_room() const;

  mutable std::mutex mutex_;
  std::unique_ptr<StreamOpener> opener_;
  std::unique_ptr<InputStream> stream_;
  std::vector<char> buffer_;
  std::shared_ptr<TemporaryFile> file_;
  std::uint64_t checked_ = 0;  ///< the file's size when the room was looked at
  bool at_end_ = false;
  bool given_up_ = false;
  std::optional<Error> damage_;
};

/// One reader of `shared`; when the copy is given up it reads the stream that `opener` starts.
std::unique_ptr<ByteSource> open_shared_bytes(std::shared_ptr<SharedBytes> shared,
                                              std::unique_ptr<StreamOpener> opener);

}  // namespace mboxferry::archive
