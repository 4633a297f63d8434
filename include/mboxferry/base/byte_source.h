// SPDX-License-Identifier: Apache-2.0
// Where the bytes of one folder come from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "mboxferry/base/result.h"

namespace mboxferry {

/// The bytes of one folder, read by position. Reading forward is cheap for every source; a
/// compressed source starts again from its beginning when asked for bytes it has passed.
/// One thread at a time.
class ByteSource {
 public:
  ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  virtual ~ByteSource() = default;

  /// Reads up to `buffer.size()` bytes at `offset` and returns how many; fewer than asked for
  /// only at the end, 0 at or behind it.
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<char> buffer) = 0;

  /// True when reading anywhere costs no more than reading on.
  [[nodiscard]] virtual bool reads_anywhere() const { return false; }

  /// Fails with `archive_changed` when the file is no longer the one that was opened
  /// (size, modification time, inode).
  virtual Result<void> check_unchanged() = 0;

  /// Why the bytes end before they should: the rest is damaged or cannot be unpacked. Known once
  /// the end was reached.
  [[nodiscard]] virtual std::optional<Error> damage() const { return std::nullopt; }

  /// The name for messages: the file's path.
  [[nodiscard]] virtual const std::string& name() const = 0;
};

}  // namespace mboxferry
