// SPDX-License-Identifier: Apache-2.0
// bzip2 by its own library, with checksums and any number of streams.
#include <bzlib.h>

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

#include "archive/buffered_unpacker.h"

namespace mboxferry::archive {
namespace {

class Bzip2Unpacker final : public BufferedUnpacker {
 public:
  Bzip2Unpacker(std::unique_ptr<InputStream> packed, UnpackCounter counter)
      : BufferedUnpacker(std::move(packed), std::move(counter)) {
    begin();
  }
  ~Bzip2Unpacker() override { ::BZ2_bzDecompressEnd(&stream_); }

 private:
  Result<void> unpack_into(std::span<char> buffer, std::size_t& done) override;
  Result<void> next_stream();
  void begin() {
    if (::BZ2_bzDecompressInit(&stream_, 0, 0) != BZ_OK) throw std::bad_alloc();
  }

  bz_stream stream_{};
};

// After a stream: another one, or the end.
Result<void> Bzip2Unpacker::next_stream() {
  MBOXFERRY_TRY(fill());
  if (input().empty()) {
    end();
    return ok();
  }
  if (input().front() != 'B') return broken("other data follows");
  ::BZ2_bzDecompressEnd(&stream_);
  stream_ = bz_stream{};
  begin();
  return ok();
}

Result<void> Bzip2Unpacker::unpack_into(std::span<char> buffer, std::size_t& done) {
  constexpr std::size_t kMost = std::numeric_limits<unsigned>::max() / 2;
  const std::size_t size = std::min(buffer.size(), kMost);
  while (!at_end() && done == 0) {
    MBOXFERRY_TRY(fill());
    if (input().empty()) return broken("it ends too early");
    // Each time: a stream that ends without output leaves a new one behind.
    stream_.next_out = buffer.data();
    stream_.avail_out = static_cast<unsigned>(size);
    std::array<char, 4096> packed{};  // the library's pointer is not to const
    const std::size_t given = input().copy(packed.data(), packed.size());
    stream_.next_in = packed.data();
    stream_.avail_in = static_cast<unsigned>(given);
    const int status = ::BZ2_bzDecompress(&stream_);
    use(given - stream_.avail_in);
    done = size - stream_.avail_out;
    if (status == BZ_MEM_ERROR) throw std::bad_alloc();
    if (status == BZ_STREAM_END) {
      MBOXFERRY_TRY(next_stream());
    } else if (status != BZ_OK) {
      return broken(status == BZ_DATA_ERROR_MAGIC ? "other data follows" : "broken data");
    }
  }
  return ok();
}

}  // namespace

Result<std::unique_ptr<InputStream>> unpack_bzip2(std::unique_ptr<InputStream> packed,
                                                  UnpackCounter counter) {
  return std::unique_ptr<InputStream>(
      std::make_unique<Bzip2Unpacker>(std::move(packed), std::move(counter)));
}

}  // namespace mboxferry::archive
