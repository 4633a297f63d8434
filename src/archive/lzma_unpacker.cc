// SPDX-License-Identifier: Apache-2.0
// xz, lzma and lzip by liblzma, with checksums and any number of streams.
#include <lzma.h>

#include <limits>
#include <new>
#include <optional>
#include <utility>

#include "archive/buffered_unpacker.h"

namespace mboxferry::archive {
namespace {

constexpr std::string_view reason_of(lzma_ret status) {
  switch (status) {
    case LZMA_OPTIONS_ERROR:
      return "unsupported options";
    case LZMA_FORMAT_ERROR:
      return "other data follows";
    case LZMA_BUF_ERROR:
      return "it ends too early";
    default:
      return "broken data";
  }
}

class LzmaUnpacker final : public BufferedUnpacker {
 public:
  LzmaUnpacker(std::unique_ptr<InputStream> packed, UnpackCounter counter, WindowFormat format)
      : BufferedUnpacker(std::move(packed), std::move(counter)) {
    watch(format);
    // What memory is allowed was compared with the headers.
    constexpr std::uint64_t kAnyMemory = std::numeric_limits<std::uint64_t>::max();
    lzma_ret status = LZMA_OK;
    if (format == WindowFormat::lzma) {
      status = ::lzma_alone_decoder(&stream_, kAnyMemory);
    } else if (format == WindowFormat::lzip) {
      status = ::lzma_lzip_decoder(&stream_, kAnyMemory, LZMA_CONCATENATED);
    } else {
      status = ::lzma_stream_decoder(&stream_, kAnyMemory, LZMA_CONCATENATED);
    }
    if (status != LZMA_OK) throw std::bad_alloc();
  }
  ~LzmaUnpacker() override { ::lzma_end(&stream_); }

 private:
  Result<void> unpack_into(std::span<char> buffer, std::size_t& done) override;

  lzma_stream stream_ = LZMA_STREAM_INIT;
};

Result<void> LzmaUnpacker::unpack_into(std::span<char> buffer, std::size_t& done) {
  // liblzma takes bytes as unsigned char.
  stream_.next_out = reinterpret_cast<std::uint8_t*>(buffer.data());
  stream_.avail_out = buffer.size();
  while (!at_end() && done == 0) {
    MBOXFERRY_TRY(fill());
    const std::size_t given = input().size();
    stream_.next_in = reinterpret_cast<const std::uint8_t*>(input().data());
    stream_.avail_in = given;
    const lzma_ret status = ::lzma_code(&stream_, given == 0 ? LZMA_FINISH : LZMA_RUN);
    use(given - stream_.avail_in);
    done = buffer.size() - stream_.avail_out;
    if (status == LZMA_MEM_ERROR) throw std::bad_alloc();
    if (status == LZMA_STREAM_END) {
      end();
      MBOXFERRY_TRY(fill());
      if (!input().empty()) return broken("other data follows");
    } else if (status != LZMA_OK && !(status == LZMA_BUF_ERROR && stream_.avail_in < given)) {
      return broken(reason_of(status));
    }
  }
  return ok();
}

}  // namespace

Result<std::unique_ptr<InputStream>> unpack_lzma(std::unique_ptr<InputStream> packed,
                                                 UnpackCounter counter, WindowFormat format) {
  return std::unique_ptr<InputStream>(
      std::make_unique<LzmaUnpacker>(std::move(packed), std::move(counter), format));
}

}  // namespace mboxferry::archive
