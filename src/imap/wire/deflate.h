// SPDX-License-Identifier: Apache-2.0
// The two directions of COMPRESS=DEFLATE (RFC 4978): raw deflate streams (RFC 1951).
#pragma once

#include <zlib.h>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "mboxferry/base/result.h"

namespace mboxferry::imap {

/// Compresses what is sent, at zlib's lowest level: mail shrinks nearly as much as at higher ones,
/// at a fraction of their cost. In base64 there is nothing to be found twice, so there it does not
/// look, which is three times as fast (35 and 120 MB/s on one core) and shrinks it as much. Gives
/// its output away in pieces of a TLS record. One thread.
class Deflater {
 public:
  /// Takes compressed bytes. Its error ends the call, and with it the use of the stream.
  using Sink = std::function<Result<void>(std::string_view)>;

  /// Null when memory is out.
  static std::unique_ptr<Deflater> create(Sink sink);
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;
  ~Deflater();

  /// Part of what was written before may stay inside until flush().
  Result<void> write(std::string_view bytes);
  /// Gives everything away, so that the peer can read all that was written.
  Result<void> flush();
  /// Whether what is written from now on is compressed, or stored as it is.
  void compress(bool on) { compress_ = on; }

 private:
  explicit Deflater(Sink sink);
  Result<void> use(int level, int strategy);
  Result<void> run(int flush);
  Result<void> give_away();

  z_stream stream_{};
  Sink sink_;
  bool compress_ = true;
  int level_;
  int strategy_ = Z_DEFAULT_STRATEGY;
  bool unflushed_ = false;
  std::array<char, (16u << 10)> out_;
};

/// Decompresses what is received, as much at a time as is asked for: however small a bomb is, no
/// more of it is unpacked than the caller takes. One thread.
class Inflater {
 public:
  /// Null when memory is out.
  static std::unique_ptr<Inflater> create();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater();

  /// Fills `out` from `in`, removes what was used from the front of `in`, and returns how many
  /// bytes `out` has got. Fewer than its size: all of `in` is used up, and more is needed. Nothing
  /// when the bytes are no deflate stream, or when it has an end, which RFC 4978 gives it none.
  std::optional<std::size_t> inflate(std::string_view& in, std::span<char> out);

 private:
  Inflater() = default;

  z_stream stream_{};
};

}  // namespace mboxferry::imap
