// SPDX-License-Identifier: Apache-2.0
// gzip (RFC 1952) by zlib, with checksums and any number of members.
#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <new>
#include <optional>
#include <utility>

#include "archive/unpacker.h"

namespace mboxferry::archive {
namespace {

class GzipUnpacker final : public InputStream {
 public:
  GzipUnpacker(std::unique_ptr<InputStream> packed, UnpackCounter counter)
      : packed_(std::move(packed)), counter_(std::move(counter)) {
    constexpr int kGzipOnly = 16;
    if (::inflateInit2(&stream_, MAX_WBITS + kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
  ~GzipUnpacker() override { ::inflateEnd(&stream_); }

  Result<std::size_t> read(std::span<char> buffer) override;
  [[nodiscard]] const std::string& name() const override { return packed_->name(); }

 private:
  static std::size_t buffer_size(std::span<char> buffer);
  Result<void> unpack_into(std::span<char> buffer);
  Result<void> fill();
  Result<void> next_member();
  [[nodiscard]] bool input_is_empty() const { return stream_.avail_in == 0; }
  [[nodiscard]] Error broken(std::string_view reason) const {
    return damaged(name(), counter_.total(), reason);
  }

  std::unique_ptr<InputStream> packed_;
  UnpackCounter counter_;
  z_stream stream_{};
  bool at_end_ = false;
  std::optional<Error> error_;  ///< for the next read
  std::array<char, 64 * 1024> input_{};
};

Result<void> GzipUnpacker::fill() {
  MBOXFERRY_ASSIGN(const std::size_t got, packed_->read(input_));
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
  if (zeros || *stream_.next_in != 0x1f) return broken("other data follows");
  ::inflateReset(&stream_);
  return ok();
}

// What was unpacked before an error is given before the error.
Result<std::size_t> GzipUnpacker::read(std::span<char> buffer) {
  if (error_) return *error_;
  const auto failed = unpack_into(buffer);
  const std::size_t got = buffer_size(buffer) - stream_.avail_out;
  if (failed || got == 0) return failed ? Result<std::size_t>(got) : failed.error();
  error_ = failed.error();
  return got;
}

std::size_t GzipUnpacker::buffer_size(std::span<char> buffer) {
  return std::min<std::size_t>(buffer.size(), std::numeric_limits<uInt>::max() / 2);
}

Result<void> GzipUnpacker::unpack_into(std::span<char> buffer) {
  const std::size_t size = buffer_size(buffer);
  stream_.next_out = reinterpret_cast<Bytef*>(buffer.data());
  stream_.avail_out = static_cast<uInt>(size);
  while (!at_end_ && stream_.avail_out == size) {
    if (input_is_empty()) MBOXFERRY_TRY(fill());
    if (input_is_empty()) return broken("it ends too early");
    const int status = ::inflate(&stream_, Z_NO_FLUSH);
    MBOXFERRY_TRY(counter_.count(size - stream_.avail_out, name()));
    if (status == Z_STREAM_END) {
      MBOXFERRY_TRY(next_member());
    } else if (status == Z_MEM_ERROR) {
      throw std::bad_alloc();
    } else if (status != Z_OK) {
      return broken(stream_.msg == nullptr ? "broken data" : stream_.msg);
    }
  }
  return ok();
}

}  // namespace

Result<std::unique_ptr<InputStream>> unpack_gzip(std::unique_ptr<InputStream> packed,
                                                 UnpackCounter counter) {
  return std::unique_ptr<InputStream>(
      std::make_unique<GzipUnpacker>(std::move(packed), std::move(counter)));
}

}  // namespace mboxferry::archive
