// SPDX-License-Identifier: Apache-2.0
// What a connection is written to and read from, with or without compression between.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "imap/tls/byte_stream.h"
#include "imap/wire/deflate.h"
#include "imap/wire/read_pace.h"
#include "mboxferry/base/result.h"
#include "mboxferry/imap/target.h"

namespace mboxferry::imap {

/// One connection, with the promises of ByteStream. What was written may wait inside for more until
/// flush() or until a read has to wait; it counts as sent nevertheless. One thread at a time.
class WireStream {
 public:
  /// `timeout` bounds how slowly the peer may speak, see ReadPace.
  WireStream(std::unique_ptr<ByteStream> bytes, std::chrono::milliseconds timeout)
      : bytes_(std::move(bytes)), pace_(timeout) {}
  WireStream(const WireStream&) = delete;
  WireStream& operator=(const WireStream&) = delete;

  /// At least one byte, waiting for it.
  Result<std::size_t> read(std::span<char> buffer);
  /// All of `bytes`.
  Result<void> write(std::string_view bytes);
  /// Sends what waits inside.
  Result<void> flush();
  /// True when read() would return at once, with bytes or with an error.
  bool readable_now();

  /// From now on both directions are compressed (RFC 4978). `received` was read already and is
  /// behind the reply that agreed to it, 64 KiB at most.
  Result<void> start_compression(std::string_view received);
  [[nodiscard]] bool compressed() const { return inflater_ != nullptr; }
  /// After start_compression: whether what is sent is worth compressing, or only wrapped.
  void compress(bool on) { deflater_->compress(on); }

  [[nodiscard]] WireUsage usage() const;
  [[nodiscard]] std::optional<Secret> tls_exporter() const { return bytes_->tls_exporter(); }

  void set_timeout(std::chrono::milliseconds timeout) {
    bytes_->set_timeout(timeout);
    pace_.set_timeout(timeout);
  }
  /// See ReadPace::answered().
  void answered() { pace_.answered(); }
  /// See ByteStream.
  void interrupt_when(std::function<bool()> idle) { bytes_->interrupt_when(std::move(idle)); }
  void close() { bytes_->close(); }
  void fail(const Error& error) { bytes_->fail(error); }
  [[nodiscard]] const std::optional<Error>& failure() const { return bytes_->failure(); }

 private:
  Result<void> send(std::string_view wire_bytes);
  /// Inflates what has come into `plain_`, which must be used up.
  Result<void> inflate();
  Result<void> receive();
  /// From the stream below, at a pace that is watched.
  Result<std::size_t> read_bytes(std::span<char> buffer);

  std::unique_ptr<ByteStream> bytes_;
  ReadPace pace_;
  std::unique_ptr<Deflater> deflater_;
  std::unique_ptr<Inflater> inflater_;
  std::array<char, (64u << 10)> compressed_{};
  std::string_view compressed_left_;
  std::array<char, (16u << 10)> unpacked_{};
  std::string_view plain_;       ///< unpacked, not yet read
  std::uint64_t fruitless_ = 0;  ///< received bytes in a row that unpacked to nothing
  std::uint64_t plain_sent_ = 0;
  std::uint64_t wire_sent_ = 0;
};

}  // namespace mboxferry::imap
