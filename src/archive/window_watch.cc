// SPDX-License-Identifier: Apache-2.0
// Headers of xz (tukaani.org/xz/xz-file-format.txt), Zstandard (RFC 8878), lzma, lzip and of zip
// archives (APPNOTE.TXT).
#include "archive/window_watch.h"

#include <algorithm>
#include <array>
#include <limits>

namespace mboxferry::archive {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kXzMagic = "\xfd\x37zXZ\0"sv;
constexpr std::uint64_t kZstdMagic = 0xfd2fb528;
constexpr std::uint64_t kSkippableMagic = 0x184d2a50;
constexpr std::size_t kXzHeader = 12;
constexpr std::uint64_t kMebibyte = 1024 * 1024;

// "2 or 3, shifted": how xz and lzma write a size in few bits.
std::uint64_t xz_dictionary(unsigned bits) {
  constexpr unsigned kLargest = 40;
  if (bits >= kLargest) return std::numeric_limits<std::uint32_t>::max();
  return std::uint64_t{2U | (bits & 1U)} << (bits / 2 + 11);
}

std::uint64_t to_four(std::uint64_t size) { return (4 - size % 4) % 4; }

}  // namespace

std::optional<WindowFormat> window_format(std::string_view head) {
  if (head.starts_with(kXzMagic)) return WindowFormat::xz;
  if (head.starts_with("\x28\xb5\x2f\xfd"sv)) return WindowFormat::zstd;
  if (head.starts_with("LZIP"sv)) return WindowFormat::lzip;
  if (head.starts_with('\x5d')) return WindowFormat::lzma;
  return std::nullopt;
}

std::optional<WindowFormat> zip_window_format(std::string_view format_name) {
  if (format_name.ends_with("(lzma)")) return WindowFormat::zip_lzma;
  if (format_name.ends_with("(xz)")) return WindowFormat::zip_xz;
  if (format_name.ends_with("(ppmd-1)")) return WindowFormat::zip_ppmd;
  return std::nullopt;
}

std::uint64_t library_limit(WindowFormat format) {
  // libarchive leaves Zstandard's limit as it is.
  return format == WindowFormat::zstd ? 128 * kMebibyte : std::numeric_limits<std::uint64_t>::max();
}

WindowWatch::WindowWatch(WindowFormat format) : one_stream_(format == WindowFormat::zip_xz) {
  switch (format) {
    case WindowFormat::xz:
    case WindowFormat::zip_xz:
      go(State::xz_stream, kXzHeader);
      break;
    case WindowFormat::zstd:
      go(State::zstd_magic, 4);
      break;
    case WindowFormat::lzma:
      go(State::lzma, 13);
      break;
    case WindowFormat::lzip:
      go(State::lzip, 6);
      break;
    case WindowFormat::zip_lzma:
      go(State::zip_lzma, 9);
      break;
    case WindowFormat::zip_ppmd:
      go(State::zip_ppmd, 2);
      break;
  }
}

void WindowWatch::go(State state, std::size_t want, std::uint64_t skip) {
  state_ = state;
  want_ = want;
  skip_ = skip;
  header_.clear();
}

std::uint64_t WindowWatch::number(std::size_t at, std::size_t size) const {
  std::uint64_t value = 0;
  for (std::size_t i = size; i > 0; --i) value = value << 8U | byte(at + i - 1);
  return value;
}

std::uint64_t WindowWatch::feed(std::string_view bytes) {
  while (state_ != State::done) {
    if (state_ == State::lzip_data) {
      search_lzip(bytes);
      break;
    }
    const auto skipped = std::min<std::uint64_t>(skip_, bytes.size());
    bytes.remove_prefix(static_cast<std::size_t>(skipped));
    skip_ -= skipped;
    if (skip_ > 0) break;
    const std::size_t taken = std::min(want_ - header_.size(), bytes.size());
    header_ += bytes.substr(0, taken);
    bytes.remove_prefix(taken);
    if (header_.size() < want_) break;
    step();
  }
  return needed_;
}

void WindowWatch::step() {
  switch (state_) {
    case State::done:
      return;
    case State::lzma:
      ask(number(1, 4));
      return go(State::done, 0);
    case State::zip_lzma:
      ask(number(5, 4));
      return go(State::done, 0);
    case State::lzip:
      return step_lzip();
    case State::lzip_data:
      return;  // feed() searches it
    case State::zip_ppmd:
      ask(((number(0, 2) >> 4U & 0xffU) + 1) * kMebibyte);
      return go(State::done, 0);
    case State::zstd_magic:
      return step_zstd_magic();
    case State::zstd_frame:
      return step_zstd_frame();
    case State::zstd_block:
      return step_zstd_block();
    case State::xz_stream:
      return step_xz_stream();
    case State::xz_block:
      return step_xz_block();
    case State::xz_chunk:
      return step_xz_chunk();
    case State::xz_index:
      return step_xz_index();
    case State::xz_padding:
      return step_xz_padding();
  }
}

void WindowWatch::step_lzip() {
  const std::uint64_t base = std::uint64_t{1} << (byte(5) & 31U);
  ask(base - base / 16 * (byte(5) >> 5U));
  member_bytes_ = header_.size();
  header_.clear();
  state_ = State::lzip_data;
}

// A member ends with its size, and the next begins behind that.
void WindowWatch::search_lzip(std::string_view bytes) {
  constexpr std::string_view kHeader = "LZIP\x01"sv;
  constexpr std::size_t kSize = 8;
  std::uint64_t begin = member_bytes_ - header_.size();  // of header_ in the member
  header_ += bytes;
  member_bytes_ += bytes.size();
  std::size_t at = header_.find(kHeader);
  for (; at != std::string::npos; at = header_.find(kHeader, at + 1)) {
    if (at + kHeader.size() >= header_.size()) break;
    if (at < kSize || number(at - kSize, kSize) != begin + at) continue;
    header_.erase(0, at);
    const std::string rest = header_;
    step_lzip();
    member_bytes_ = rest.size();
    header_ = rest;
    begin = 0;
    at = 0;
  }
  constexpr std::size_t kKept = kSize + kHeader.size();
  if (header_.size() > kKept) header_.erase(0, header_.size() - kKept);
}

void WindowWatch::step_zstd_magic() {
  const std::uint64_t magic = number(0, 4);
  if (magic == kZstdMagic) return go(State::zstd_frame, 1);
  if ((magic & 0xfffffff0U) != kSkippableMagic) return go(State::done, 0);
  if (want_ == 4) {
    want_ = 8;  // the magic and the size
  } else {
    go(State::zstd_magic, 4, number(4, 4));
  }
}

void WindowWatch::step_zstd_frame() {
  const unsigned descriptor = byte(0);
  constexpr std::array<std::size_t, 4> kDictionary{0, 1, 2, 4};
  constexpr std::array<std::size_t, 4> kContent{0, 2, 4, 8};
  const bool single = (descriptor & 0x20U) != 0;
  const unsigned content_code = descriptor >> 6U;
  const std::size_t before = 1 + (single ? 0U : 1U) + kDictionary[descriptor & 3U];
  const std::size_t content = content_code == 0 ? (single ? 1U : 0U) : kContent[content_code];
  if (want_ != before + content) {
    want_ = before + content;
    return;
  }
  if (single) {
    ask(number(before, content) + (content == 2 ? 256U : 0U));
  } else {
    const std::uint64_t base = std::uint64_t{1} << (10 + (byte(1) >> 3U));
    ask(base + base / 8 * (byte(1) & 7U));
  }
  has_checksum_ = (descriptor & 4U) != 0;
  go(State::zstd_block, 3);
}

void WindowWatch::step_zstd_block() {
  const std::uint64_t header = number(0, 3);
  const unsigned type = header >> 1U & 3U;
  const bool last = (header & 1U) != 0;
  if (type == 3) return go(State::done, 0);
  const std::uint64_t size = type == 1 ? 1 : header >> 3U;
  if (!last) return go(State::zstd_block, 3, size);
  go(State::zstd_magic, 4, size + (has_checksum_ ? 4U : 0U));
}

void WindowWatch::step_xz_stream() {
  if (!std::string_view(header_).starts_with(kXzMagic)) return go(State::done, 0);
  constexpr std::array<std::size_t, 6> kCheck{0, 4, 8, 16, 32, 64};
  check_size_ = kCheck[((byte(7) & 15U) + 2) / 3];
  go(State::xz_block, 1);
}

void WindowWatch::step_xz_block() {
  if (byte(0) == 0) {
    index_bytes_ = 1;
    index_counted_ = false;
    index_count_ = index_shift_ = 0;
    return one_stream_ ? go(State::done, 0) : go(State::xz_index, 1);
  }
  const std::size_t size = (byte(0) + std::size_t{1}) * 4;
  if (want_ != size) {
    want_ = size;
    return;
  }
  read_xz_filters();
  block_bytes_ = 0;
  go(State::xz_chunk, 1);
}

void WindowWatch::read_xz_filters() {
  std::size_t at = 2;
  const auto take = [&] {
    std::uint64_t value = 0;
    for (unsigned shift = 0; at < header_.size() && shift < 63; shift += 7) {
      const unsigned one = byte(at++);
      value |= std::uint64_t{one & 0x7fU} << shift;
      if (one < 0x80) break;
    }
    return value;
  };
  if ((byte(1) & 0x40U) != 0) take();
  if ((byte(1) & 0x80U) != 0) take();
  constexpr std::uint64_t kLzma2 = 0x21;
  for (unsigned left = (byte(1) & 3U) + 1; left > 0; --left) {
    const std::uint64_t filter = take();
    const std::uint64_t properties = take();
    if (at >= header_.size() || properties > header_.size() - at) return;
    if (filter == kLzma2 && properties == 1) ask(xz_dictionary(byte(at)));
    at += static_cast<std::size_t>(properties);
  }
}

void WindowWatch::step_xz_chunk() {
  const unsigned control = byte(0);
  if (control == 0) {
    const std::uint64_t data = block_bytes_ + 1;
    return go(State::xz_block, 1, to_four(data) + check_size_);
  }
  const bool packed = control >= 0x80;
  if (!packed && control > 2) return go(State::done, 0);
  const std::size_t size = !packed ? 3 : control >= 0xc0 ? 6 : 5;
  if (want_ != size) {
    want_ = size;
    return;
  }
  const std::size_t at = packed ? 3 : 1;
  const std::uint64_t bytes = (std::uint64_t{byte(at)} << 8U | byte(at + 1)) + 1;
  block_bytes_ += size + bytes;
  go(State::xz_chunk, 1, bytes);
}

// A zero byte, how many blocks there are, two numbers for each, zeros up to a multiple of four.
void WindowWatch::step_xz_index() {
  ++index_bytes_;
  const unsigned one = byte(0);
  if (!index_counted_) {
    if (index_shift_ < 63) index_count_ |= std::uint64_t{one & 0x7fU} << index_shift_;
    index_shift_ += 7;
  }
  if (one < 0x80) {
    if (!index_counted_) {
      index_counted_ = true;
      index_values_ = index_count_ << 1U;
    } else {
      --index_values_;
    }
    if (index_values_ == 0) {
      constexpr std::uint64_t kChecksumAndFooter = 4 + 12;
      return go(State::xz_padding, 4, to_four(index_bytes_) + kChecksumAndFooter);
    }
  }
  go(State::xz_index, 1);
}

void WindowWatch::step_xz_padding() {
  if (number(0, want_) == 0 && want_ == 4) return go(State::xz_padding, 4);
  if (want_ == 4) {
    want_ = kXzHeader;  // the next stream
  } else {
    step_xz_stream();
  }
}

Error needs_memory(const std::string& name, std::uint64_t needed, std::uint64_t most,
                   std::uint64_t of_library) {
  constexpr std::uint64_t kMegabyte = 1'000'000;
  const std::string megabytes = std::to_string((needed + kMegabyte - 1) / kMegabyte);
  std::string remedy = "unpack it with another program and name what comes out";
  if (needed <= of_library)
    remedy = "allow it with --max-unpack-memory " + megabytes + "M, or " + remedy;
  return Error{ErrorCode::not_mail,
               name + " needs " + megabytes + " MB of memory to be unpacked, more than the " +
                   std::to_string(std::min(most, of_library) / kMegabyte) + " MB " +
                   (needed <= of_library ? "allowed" : "that the library for it can use"),
               remedy};
}

}  // namespace mboxferry::archive
