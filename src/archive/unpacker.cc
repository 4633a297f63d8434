// SPDX-License-Identifier: Apache-2.0
// Which library unpacks which bytes.
#include "archive/unpacker.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <utility>

#include "archive/file_kind.h"
#include "archive/text_conversion.h"
#include "archive/window_watch.h"

namespace mboxferry::archive {

namespace {

// A Zstandard file is known by a frame with data. pzstd writes one such frame before it.
constexpr int kMostSkippable = 16;

Result<std::unique_ptr<HeadedStream>> without_skippable_frames(
    std::unique_ptr<HeadedStream> packed) {
  for (int i = 0; i < kMostSkippable; ++i) {
    MBOXFERRY_ASSIGN(const std::string_view head, packed->head());
    constexpr std::size_t kFrameHeader = 8;
    if (!is_skippable_frame(head) || head.size() < kFrameHeader) break;
    std::uint64_t size = 0;
    for (std::size_t at = kFrameHeader; at > 4; --at) {
      size = size << 8U | static_cast<unsigned char>(head[at - 1]);
    }
    MBOXFERRY_TRY(packed->skip(kFrameHeader + size));
    packed = std::make_unique<HeadedStream>(std::move(packed));
  }
  return packed;
}

/// Lets what the first read gives be looked at before it is read.
class PeekedStream final : public InputStream {
 public:
  explicit PeekedStream(std::unique_ptr<InputStream> rest) : rest_(std::move(rest)) {}

  /// Valid until the first read. Empty when that will fail.
  std::string_view peek() {
    first_ = rest_->read(buffer_);
    return {buffer_.data(), left()};
  }
  Result<std::size_t> read(std::span<char> buffer) override {
    if (!first_) return first_.error();
    if (left() == 0) return rest_->read(buffer);
    const std::size_t count = std::min(left(), buffer.size());
    std::memcpy(buffer.data(), buffer_.data() + used_, count);
    used_ += count;
    return count;
  }
  [[nodiscard]] const std::string& name() const override { return rest_->name(); }

 private:
  [[nodiscard]] std::size_t left() const { return first_ ? *first_ - used_ : 0; }

  std::unique_ptr<InputStream> rest_;
  std::array<char, kHeadBytes> buffer_{};
  Result<std::size_t> first_ = std::size_t{0};
  std::size_t used_ = 0;
};

// Backups are packed again, as "x.mbox.gz.gz" or UTF-16 text in a gzip file.
constexpr int kMostLayers = 3;

Result<std::unique_ptr<InputStream>> unpack_layer(std::unique_ptr<HeadedStream> packed,
                                                  std::shared_ptr<UnpackMeter> meter);

}  // namespace

Result<std::unique_ptr<InputStream>> unpack(std::unique_ptr<HeadedStream> packed,
                                            std::shared_ptr<UnpackMeter> meter) {
  for (int layer = 1;; ++layer) {
    MBOXFERRY_ASSIGN(auto plain, unpack_layer(std::move(packed), meter));
    if (layer == kMostLayers) return plain;
    auto peeked = std::make_unique<PeekedStream>(std::move(plain));
    const bool again = is_compressed(peeked->peek());
    if (!again) return std::unique_ptr<InputStream>(std::move(peeked));
    packed = std::make_unique<HeadedStream>(std::move(peeked));
  }
}

namespace {

Result<std::unique_ptr<InputStream>> unpack_layer(std::unique_ptr<HeadedStream> packed,
                                                  std::shared_ptr<UnpackMeter> meter) {
  MBOXFERRY_ASSIGN(packed, without_skippable_frames(std::move(packed)));
  MBOXFERRY_ASSIGN(const std::string_view head, packed->head());
  if (is_utf16_text(head)) {
    const bool little_endian = is_little_endian(head);
    return utf16_to_utf8(std::move(packed), little_endian);
  }
  if (is_mmdf(head)) return mmdf_to_mbox(std::move(packed));
  const bool gzip = head.starts_with("\x1f\x8b");
  UnpackCounter counter(std::move(meter));
  const auto format = window_format(head);
  if (format == WindowFormat::zstd) return unpack_zstd(std::move(packed), std::move(counter));
  if (format) return unpack_lzma(std::move(packed), std::move(counter), *format);
  if (head.starts_with("BZh")) return unpack_bzip2(std::move(packed), std::move(counter));
  return gzip ? unpack_gzip(std::move(packed), std::move(counter))
              : unpack_by_libarchive(std::move(packed), std::move(counter));
}

}  // namespace

Error damaged(const std::string& name, std::uint64_t unpacked, std::string_view reason) {
  // libarchive says so of compression methods that it does not know.
  if (reason.find("nsupported") != std::string_view::npos) {
    return Error{ErrorCode::not_mail,
                 name + " is packed by a method that cannot be read (" + std::string(reason) + ")",
                 "unpack it with another program, such as 7z, and name what comes out"};
  }
  if (reason.find("too much memory") != std::string_view::npos) {
    return Error{ErrorCode::not_mail,
                 name + " needs more memory to be unpacked than the library for it can use (" +
                     std::string(reason) + ")",
                 "unpack it with another program and name what comes out"};
  }
  return Error{ErrorCode::not_mail,
               name + " is damaged: it cannot be unpacked behind byte " + std::to_string(unpacked) +
                   " of what it holds (" + std::string(reason) + ")",
               "get a good copy, or unpack what can be saved and use that"};
}

}  // namespace mboxferry::archive
