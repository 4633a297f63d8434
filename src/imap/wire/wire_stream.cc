// SPDX-License-Identifier: Apache-2.0
// Compression between a connection and its TLS.
#include "imap/wire/wire_stream.h"

#include <algorithm>

#include "imap/tls/errors.h"

namespace mboxferry::imap {
namespace {

// Empty blocks cost nothing and say nothing; a few of them come with flushes.
constexpr std::uint64_t kMostFruitless = std::uint64_t{1} << 20U;

}  // namespace

Result<void> WireStream::send(std::string_view wire_bytes) {
  wire_sent_ += wire_bytes.size();
  return bytes_->write(wire_bytes);
}

Result<void> WireStream::write(std::string_view bytes) {
  plain_sent_ += bytes.size();
  if (!deflater_) return send(bytes);
  if (bytes_->failure()) return *bytes_->failure();
  return deflater_->write(bytes);
}

Result<void> WireStream::flush() {
  if (!deflater_) return ok();
  if (bytes_->failure()) return *bytes_->failure();
  return deflater_->flush();
}

Result<std::size_t> WireStream::read(std::span<char> buffer) {
  if (!inflater_) {
    MBOXFERRY_ASSIGN(const std::size_t count, read_bytes(buffer));
    pace_.received({buffer.data(), count});
    return count;
  }
  for (;;) {
    if (plain_.empty()) MBOXFERRY_TRY(inflate());
    if (!plain_.empty()) {
      const std::size_t count = std::min(buffer.size(), plain_.size());
      std::copy_n(plain_.data(), count, buffer.data());
      pace_.received(plain_.substr(0, count));
      plain_.remove_prefix(count);
      return count;
    }
    // The peer cannot answer what it has not got.
    if (!bytes_->readable_now()) MBOXFERRY_TRY(flush());
    MBOXFERRY_TRY(receive());
  }
}

bool WireStream::readable_now() {
  if (!inflater_) return bytes_->readable_now();
  for (;;) {
    if (!plain_.empty() || !inflate() || !plain_.empty()) return true;
    if (!bytes_->readable_now()) return false;
    if (!receive()) return true;
  }
}

Result<std::size_t> WireStream::read_bytes(std::span<char> buffer) {
  const auto began = std::chrono::steady_clock::now();
  MBOXFERRY_ASSIGN(const std::size_t count, bytes_->read(buffer));
  if (const auto wrong = pace_.waited(std::chrono::steady_clock::now() - began)) {
    fail(protocol_error(bytes_->place(), std::string(*wrong)));
    return *failure();
  }
  return count;
}

Result<void> WireStream::receive() {
  MBOXFERRY_ASSIGN(const std::size_t count, read_bytes(compressed_));
  compressed_left_ = {compressed_.data(), count};
  fruitless_ += count;
  if (fruitless_ > kMostFruitless) {
    fail(protocol_error(bytes_->place(), "it sends without end and says nothing"));
    return *failure();
  }
  return ok();
}

Result<void> WireStream::inflate() {
  // Also with nothing left to read from: the inflater may hold more than fitted the last time.
  const auto count = inflater_->inflate(compressed_left_, unpacked_);
  if (!count) {
    fail(protocol_error(bytes_->place(), "what it sends is not compressed as agreed"));
    return *failure();
  }
  plain_ = {unpacked_.data(), *count};
  if (*count > 0) fruitless_ = 0;
  return ok();
}

Result<void> WireStream::start_compression(std::string_view received) {
  deflater_ = Deflater::create([this](std::string_view bytes) { return send(bytes); });
  inflater_ = Inflater::create();
  if (!deflater_ || !inflater_ || received.size() > compressed_.size()) {
    fail(Error{ErrorCode::internal, bytes_->place() + ": compression cannot be set up", ""});
    return *failure();
  }
  std::copy(received.begin(), received.end(), compressed_.begin());
  compressed_left_ = {compressed_.data(), received.size()};
  return ok();
}

WireUsage WireStream::usage() const {
  WireUsage usage = bytes_->usage();
  usage.plain_sent = plain_sent_;
  usage.wire_sent = wire_sent_;
  return usage;
}

}  // namespace mboxferry::imap
