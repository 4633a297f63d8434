// SPDX-License-Identifier: Apache-2.0
// zlib's streams.
#include "imap/wire/deflate.h"

#include <algorithm>
#include <utility>

namespace mboxferry::imap {
namespace {

constexpr int kLevel = 1;
constexpr int kStored = 0;
// Negative: a raw stream, without header and checksum. 15: the window that RFC 4978 section 4
// wants from a decompressor.
constexpr int kRawWindow = -15;
constexpr int kMemory = 8;
// Encoded and not is told apart in pieces of this size.
constexpr std::size_t kDeflatePiece = std::size_t{16} << 10U;

/// Text has a space every few letters; base64 has none but for headers in between.
bool looks_encoded(std::string_view piece) {
  const auto spaces = std::count(piece.begin(), piece.end(), ' ');
  return static_cast<std::size_t>(spaces) < piece.size() / 64;
}

Bytef* zlib_bytes(const char* bytes) {
  // zlib's input pointer is not const unless ZLIB_CONST is set; it never writes there.
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes));
}

Error broken() { return {ErrorCode::internal, "zlib's stream is broken", ""}; }

}  // namespace

Deflater::Deflater(Sink sink) : sink_(std::move(sink)), level_(kLevel) {}

std::unique_ptr<Deflater> Deflater::create(Sink sink) {
  std::unique_ptr<Deflater> self(new Deflater(std::move(sink)));
  z_stream& stream = self->stream_;
  if (deflateInit2(&stream, kLevel, Z_DEFLATED, kRawWindow, kMemory, Z_DEFAULT_STRATEGY) != Z_OK) {
    return nullptr;
  }
  stream.next_out = zlib_bytes(self->out_.data());
  stream.avail_out = static_cast<uInt>(self->out_.size());
  return self;
}

Deflater::~Deflater() { deflateEnd(&stream_); }

Result<void> Deflater::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kDeflatePiece);
    bytes.remove_prefix(piece.size());
    const bool search = !compress_ || !looks_encoded(piece);
    MBOXFERRY_TRY(use(compress_ ? kLevel : kStored, search ? Z_DEFAULT_STRATEGY : Z_HUFFMAN_ONLY));
    stream_.next_in = zlib_bytes(piece.data());
    stream_.avail_in = static_cast<uInt>(piece.size());
    unflushed_ = true;
    MBOXFERRY_TRY(run(Z_NO_FLUSH));
  }
  return ok();
}

Result<void> Deflater::flush() {
  if (!std::exchange(unflushed_, false)) return ok();
  MBOXFERRY_TRY(run(Z_SYNC_FLUSH));
  return give_away();
}

/// How the next bytes are compressed. What was written before is compressed as it was begun.
Result<void> Deflater::use(int level, int strategy) {
  while (level != level_ || strategy != strategy_) {
    stream_.avail_in = 0;
    const int result = deflateParams(&stream_, level, strategy);
    if (result == Z_OK) {
      level_ = level;
      strategy_ = strategy;
    } else if (result == Z_BUF_ERROR) {
      MBOXFERRY_TRY(give_away());
    } else {
      return broken();
    }
  }
  return ok();
}

Result<void> Deflater::run(int flush) {
  for (;;) {
    const int result = deflate(&stream_, flush);
    // Z_BUF_ERROR: the call before had done everything and just filled the buffer.
    if (result != Z_OK && result != Z_BUF_ERROR) return broken();
    if (stream_.avail_out > 0) return ok();
    MBOXFERRY_TRY(give_away());
  }
}

Result<void> Deflater::give_away() {
  const std::string_view ready(out_.data(), out_.size() - stream_.avail_out);
  stream_.next_out = zlib_bytes(out_.data());
  stream_.avail_out = static_cast<uInt>(out_.size());
  return ready.empty() ? ok() : sink_(ready);
}

std::unique_ptr<Inflater> Inflater::create() {
  std::unique_ptr<Inflater> self(new Inflater());
  if (inflateInit2(&self->stream_, kRawWindow) != Z_OK) return nullptr;
  return self;
}

Inflater::~Inflater() { inflateEnd(&stream_); }

std::optional<std::size_t> Inflater::inflate(std::string_view& in, std::span<char> out) {
  stream_.next_in = zlib_bytes(in.data());
  stream_.avail_in = static_cast<uInt>(in.size());
  stream_.next_out = zlib_bytes(out.data());
  stream_.avail_out = static_cast<uInt>(out.size());
  const int result = ::inflate(&stream_, Z_SYNC_FLUSH);
  in.remove_prefix(in.size() - stream_.avail_in);
  if (result != Z_OK && result != Z_BUF_ERROR) return std::nullopt;
  return out.size() - stream_.avail_out;
}

}  // namespace mboxferry::imap
