// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include "archive/window_watch.h"
#include "support.h"

namespace mboxferry::archive {
namespace {

using namespace std::string_literals;

constexpr std::uint64_t kMebibyte = 1024 * 1024;

std::uint64_t needed(WindowFormat format, const std::string& bytes, std::size_t piece) {
  WindowWatch watch(format);
  std::uint64_t most = 0;
  for (std::size_t at = 0; at < bytes.size(); at += piece)
    most = watch.feed(std::string_view(bytes).substr(at, piece));
  return most;
}

// However the bytes come, the answer is the same.
void check_needed(WindowFormat format, const std::string& bytes, std::uint64_t expected) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{4096}, bytes.size()})
    CHECK(needed(format, bytes, piece) == expected);
}

// Two stored blocks, the second of which is the last.
std::string frame(char window, char descriptor = '\0') {
  const std::string blocks = "\x18\0\0abc\x19\0\0def"s;
  return "\x28\xb5\x2f\xfd"s + descriptor + window + blocks +
         (descriptor == '\x04' ? "sums"s : ""s);
}

TEST_CASE("each frame of a Zstandard file says how large its window is") {
  check_needed(WindowFormat::zstd, frame('\x50'), kMebibyte);
  check_needed(WindowFormat::zstd, frame('\x50', '\x04') + frame('\x60'), 4 * kMebibyte);
  check_needed(WindowFormat::zstd, frame('\x64') + frame('\x50'), 6 * kMebibyte);
  const std::string skippable = "\x53\x2a\x4d\x18\x05\0\0\0\x28\xb5\x2f\xfd\0"s;
  check_needed(WindowFormat::zstd, skippable + frame('\x88'), 128 * kMebibyte);
}

TEST_CASE("blocks of xz are followed through real streams, padding and a second stream") {
  const std::string one = compress(long_text(300'000), Compression::xz);
  const std::string empty = compress("", Compression::xz);
  const std::uint64_t usual = needed(WindowFormat::xz, one, one.size());
  CHECK(usual == kMebibyte);  // of the level that the support of these tests chooses
  std::string wide = compress(long_text(1000), Compression::xz);
  const std::size_t at = wide.find("\x21\x01"s, 12);
  REQUIRE(at < 24);
  wide[at + 2] = '\x20';
  check_needed(WindowFormat::xz, wide, 256 * kMebibyte);
  check_needed(WindowFormat::xz, one + wide, 256 * kMebibyte);
  check_needed(WindowFormat::xz, empty + std::string(8, '\0') + one + wide, 256 * kMebibyte);
  check_needed(WindowFormat::zip_xz, one + wide, usual);  // one stream, and then another member
}

TEST_CASE("members of lzip are found by the sizes before them") {
  const auto member = [](char size, const std::string& data) {
    std::string whole = "LZIP\x01"s + size + data + "sums" + std::string(8, '\0');
    const std::size_t length = whole.size() + 8;
    for (unsigned i = 0; i < 8; ++i) whole += static_cast<char>(length >> (8 * i) & 0xffU);
    return whole;
  };
  check_needed(WindowFormat::lzip, member('\x14', "data"), kMebibyte);
  check_needed(WindowFormat::lzip, member('\x14', "a LZIP\x01\x1d b"), kMebibyte);
  check_needed(
      WindowFormat::lzip,
      member('\x14', "data") + member('\x15', std::string(9000, 'x')) + member('\x1d', "more"),
      512 * kMebibyte);
}

TEST_CASE("one header tells of lzma and of the methods of zip archives") {
  check_needed(WindowFormat::lzma, "\x5d\0\0\0\x20\xff\xff\xff\xff\xff\xff\xff\xff data"s,
               512 * kMebibyte);
  check_needed(WindowFormat::zip_lzma, "\x10\x02\x05\0\x5d\0\0\0\x20 data"s, 512 * kMebibyte);
  check_needed(WindowFormat::zip_ppmd, "\xf7\x0f data"s, 256 * kMebibyte);
}

TEST_CASE("what is no frame ends the watch") {
  for (const auto format : {WindowFormat::xz, WindowFormat::zstd, WindowFormat::zip_xz}) {
    check_needed(format, std::string(5000, '\xff'), 0);
    check_needed(format, std::string(5000, '\0'), 0);
  }
}

}  // namespace
}  // namespace mboxferry::archive
