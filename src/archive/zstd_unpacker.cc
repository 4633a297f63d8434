// SPDX-License-Identifier: Apache-2.0
// Zstandard by its own library, with checksums and any number of frames.
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <new>
#include <utility>

#include "archive/buffered_unpacker.h"
#include "mboxferry/base/handle.h"

namespace mboxferry::archive {
namespace {

// What follows the last frame may begin like another one.
constexpr std::uint64_t kZstdMagicSize = 4;
constexpr std::size_t kZstdBlockHeader = 3;
// Enough to tell how long a frame's header is.
constexpr std::size_t kZstdStart = 5;

class ZstdUnpacker final : public BufferedUnpacker {
 public:
  ZstdUnpacker(std::unique_ptr<InputStream> packed, UnpackCounter counter)
      : BufferedUnpacker(std::move(packed), std::move(counter)), context_(::ZSTD_createDCtx()) {
    watch(WindowFormat::zstd);
    if (!context_) throw std::bad_alloc();
  }

 private:
  Result<void> unpack_into(std::span<char> buffer, std::size_t& done) override;

  Handle<ZSTD_DCtx, ZSTD_freeDCtx> context_;
  /// How much the library gets next: no more than a block, as an error drops what came out of the
  /// same call.
  std::size_t wanted_ = kZstdStart;
  bool in_frame_ = false;
  bool has_frame_ = false;      ///< at least one was read to its end
  std::uint64_t of_frame_ = 0;  ///< packed bytes of the present frame
};

Result<void> ZstdUnpacker::unpack_into(std::span<char> buffer, std::size_t& done) {
  while (!at_end() && done == 0) {
    MBOXFERRY_TRY(fill());
    const bool is_over = input().empty();
    if (is_over && !in_frame_) {
      end();
      return ok();
    }
    ZSTD_inBuffer in{input().data(), std::min(input().size(), wanted_), 0};
    ZSTD_outBuffer out{buffer.data(), buffer.size(), 0};
    const std::size_t left = ::ZSTD_decompressStream(context_.get(), &out, &in);
    use(in.pos);
    of_frame_ += in.pos;
    done = out.pos;
    const bool is_another = has_frame_ && of_frame_ <= kZstdMagicSize;
    if (::ZSTD_isError(left) != 0) {
      const ZSTD_ErrorCode code = ::ZSTD_getErrorCode(left);
      if (code == ZSTD_error_memory_allocation) throw std::bad_alloc();
      const bool other = has_frame_ && code == ZSTD_error_prefix_unknown;
      return broken(other ? "other data follows" : ::ZSTD_getErrorName(left));
    }
    in_frame_ = left != 0;
    // Behind a block the library would like the header of the next one as well.
    wanted_ = !in_frame_ ? kZstdStart : left > kZstdBlockHeader ? left - kZstdBlockHeader : left;
    if (!in_frame_) {
      has_frame_ = true;
      of_frame_ = 0;
    } else if (is_over && done == 0) {
      return broken(is_another ? "other data follows" : "it ends too early");
    }
  }
  return ok();
}

}  // namespace

Result<std::unique_ptr<InputStream>> unpack_zstd(std::unique_ptr<InputStream> packed,
                                                 UnpackCounter counter) {
  return std::unique_ptr<InputStream>(
      std::make_unique<ZstdUnpacker>(std::move(packed), std::move(counter)));
}

}  // namespace mboxferry::archive
