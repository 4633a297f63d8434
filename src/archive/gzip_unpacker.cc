// SPDX-License-Identifier: Apache-2.0
// gzip (RFC 1952) by zlib, with checksums and any number of members.
#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <new>

#include "archive/unpacker.h"

namespace mboxferry::archive {
namespace {

class GzipUnpacker final : public Unpacker {
 public:
  explicit GzipUnpacker(const OpenFile& file) : file_(file) {
    constexpr int kGzipOnly = 16;
    if (::inflateInit2(&stream_, MAX_WBITS + kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
  ~GzipUnpacker() override { ::inflateEnd(&stream_); }

  Result<std::size_t> read(std::span<char> buffer) override;

 private:
  Result<void> fill();
  Result<void> next_member();
  [[nodiscard]] bool input_is_empty() const { return stream_.avail_in == 0; }

  const OpenFile& file_;
  z_stream stream_{};
  std::uint64_t input_offset_ = 0;
  std::uint64_t unpacked_ = 0;
  bool at_end_ = false;
  std::array<char, 64 * 1024> input_{};
};

Result<void> GzipUnpacker::fill() {
  MBOXFERRY_ASSIGN(const std::size_t got, file_.read_at(input_offset_, input_));
  input_offset_ += got;
  // zlib takes bytes as unsigned char.
  stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
  stream_.avail_in = static_cast<uInt>(got);
  return ok();
}

// Behind a member: another one, zeros that fill a tape block, or the end.
Result<void> GzipUnpacker::next_member() {
  bool zeros = false;
  for (;;) {
    if (input_is_empty()) MBOXFERRY_TRY(fill());
    if (input_is_empty()) {
      at_end_ = true;
      return ok();
    }
    if (*stream_.next_in != 0) break;
    zeros = true;
    ++stream_.next_in;
    --stream_.avail_in;
  }
  if (zeros || *stream_.next_in != 0x1f) {
    return damaged(file_, unpacked_, "other data follows");
  }
  ::inflateReset(&stream_);
  return ok();
}

Result<std::size_t> GzipUnpacker::read(std::span<char> buffer) {
  const std::size_t size =
      std::min<std::size_t>(buffer.size(), std::numeric_limits<uInt>::max() / 2);
  stream_.next_out = reinterpret_cast<Bytef*>(buffer.data());
  stream_.avail_out = static_cast<uInt>(size);
  while (!at_end_ && stream_.avail_out == size) {
    if (input_is_empty()) MBOXFERRY_TRY(fill());
    if (input_is_empty()) return damaged(file_, unpacked_, "it ends too early");
    const int status = ::inflate(&stream_, Z_NO_FLUSH);
    unpacked_ += size - stream_.avail_out;
    if (status == Z_STREAM_END) {
      MBOXFERRY_TRY(next_member());
    } else if (status == Z_MEM_ERROR) {
      throw std::bad_alloc();
    } else if (status != Z_OK) {
      return damaged(file_, unpacked_, stream_.msg == nullptr ? "broken data" : stream_.msg);
    }
  }
  return size - stream_.avail_out;
}

}  // namespace

Result<std::unique_ptr<Unpacker>> make_gzip_unpacker(const OpenFile& file) {
  return std::unique_ptr<Unpacker>(std::make_unique<GzipUnpacker>(file));
}

}  // namespace mboxferry::archive
