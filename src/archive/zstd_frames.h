// SPDX-License-Identifier: Apache-2.0
// Zstandard frames (RFC 8878) and what follows them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "archive/input_stream.h"

namespace mboxferry::archive {

/// Gives the frames of a stream, and an end where other data follows the last of them: libarchive
/// would drop what it has unpacked of that frame. Constant memory.
class ZstdFrames final : public InputStream {
 public:
  explicit ZstdFrames(std::unique_ptr<InputStream> rest) : rest_(std::move(rest)) {}

  Result<std::size_t> read(std::span<char> buffer) override;
  [[nodiscard]] const std::string& name() const override { return rest_->name(); }
  /// After the end: whether other data follows.
  [[nodiscard]] bool is_followed() const { return is_followed_; }

 private:
  enum class Next : std::uint8_t { frame, block };

  Result<bool> want(std::size_t size);
  Result<bool> read_headers();
  Result<bool> read_frame_header();
  Result<void> read_block_header();

  std::unique_ptr<InputStream> rest_;
  Next next_ = Next::frame;
  std::string header_;      // read, and not given yet
  std::size_t given_ = 0;   // of header_
  std::uint64_t pass_ = 0;  // bytes that follow the header and need no look
  bool has_checksum_ = false;
  bool is_first_ = true;
  bool ended_ = false;
  bool is_followed_ = false;
};

}  // namespace mboxferry::archive
