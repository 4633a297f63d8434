// SPDX-License-Identifier: Apache-2.0
// Zstandard frames (RFC 8878) and what follows them.
#include "archive/zstd_frames.h"

#include <algorithm>
#include <array>
#include <limits>

namespace mboxferry::archive {
namespace {

std::uint64_t from_little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) {
    value = value << 8U | static_cast<unsigned char>(bytes[i - 1]);
  }
  return value;
}

}  // namespace

/// Fills the header up to `size`; false when the stream ends before.
Result<bool> ZstdFrames::want(std::size_t size) {
  while (header_.size() < size) {
    std::array<char, 32> bytes{};
    const std::span<char> wanted =
        std::span<char>(bytes).first(std::min(bytes.size(), size - header_.size()));
    MBOXFERRY_ASSIGN(const std::size_t got, rest_->read(wanted));
    if (got == 0) return false;
    header_.append(bytes.data(), got);
  }
  return true;
}

/// False at the end of the last frame.
Result<bool> ZstdFrames::read_frame_header() {
  constexpr std::uint64_t kFrame = 0xfd2fb528;
  constexpr std::uint64_t kSkippable = 0x184d2a50;
  MBOXFERRY_ASSIGN(const bool has_magic, want(4));
  const std::uint64_t magic = from_little_endian(header_);
  const bool is_skippable = has_magic && (magic & 0xfffffff0U) == kSkippable;
  if (!is_skippable && (!has_magic || magic != kFrame)) {
    is_followed_ = !header_.empty();
    ended_ = !is_first_;  // what is no frame at all is for the library to refuse
    pass_ = std::numeric_limits<std::uint64_t>::max();
    return is_first_;
  }
  is_first_ = false;
  if (is_skippable) {
    MBOXFERRY_ASSIGN(const bool has_size, want(8));
    if (has_size) pass_ = from_little_endian(std::string_view(header_).substr(4));
    return true;
  }
  MBOXFERRY_ASSIGN(const bool has_descriptor, want(5));
  if (!has_descriptor) return true;
  const auto descriptor = static_cast<unsigned char>(header_[4]);
  constexpr std::array<std::size_t, 4> kDictionary{0, 1, 2, 4};
  constexpr std::array<std::size_t, 4> kContent{0, 2, 4, 8};
  const bool single = (descriptor & 0x20U) != 0;
  const std::size_t content = descriptor >> 6U == 0 ? (single ? 1 : 0) : kContent[descriptor >> 6U];
  MBOXFERRY_TRY(want(5 + (single ? 0U : 1U) + kDictionary[descriptor & 3U] + content));
  has_checksum_ = (descriptor & 4U) != 0;
  next_ = Next::block;
  return true;
}

Result<void> ZstdFrames::read_block_header() {
  MBOXFERRY_ASSIGN(const bool has_header, want(3));
  if (!has_header) return ok();
  const std::uint64_t header = from_little_endian(header_);
  const bool last = (header & 1U) != 0;
  const bool repeats_one = (header >> 1U & 3U) == 1;
  pass_ = repeats_one ? 1 : header >> 3U;
  if (!last) return ok();
  pass_ += has_checksum_ ? 4 : 0;
  next_ = Next::frame;
  return ok();
}

/// False at the end of the last frame.
Result<bool> ZstdFrames::read_headers() {
  header_.clear();
  given_ = 0;
  if (next_ == Next::frame) return read_frame_header();
  MBOXFERRY_TRY(read_block_header());
  return true;
}

Result<std::size_t> ZstdFrames::read(std::span<char> buffer) {
  if (ended_) return std::size_t{0};
  if (given_ == header_.size() && pass_ == 0) {
    MBOXFERRY_ASSIGN(const bool more, read_headers());
    if (!more) return std::size_t{0};
  }
  if (given_ < header_.size()) {
    const std::size_t count = header_.copy(buffer.data(), buffer.size(), given_);
    given_ += count;
    return count;
  }
  const auto most = std::min<std::uint64_t>(pass_, buffer.size());
  MBOXFERRY_ASSIGN(const std::size_t got,
                   rest_->read(buffer.first(static_cast<std::size_t>(most))));
  pass_ -= got;
  return got;
}

}  // namespace mboxferry::archive
