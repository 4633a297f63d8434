// SPDX-License-Identifier: Apache-2.0
// Fuzz target: whatever comes compressed is unpacked within its buffer, piece by piece as in one,
// and what we compress is read back as it was.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "imap/wire/deflate.h"

namespace {

using mboxferry::imap::Deflater;
using mboxferry::imap::Inflater;

constexpr std::size_t kEnough = 1u << 20;

/// Unpacks `bytes`, given in pieces, until they end, break or have become very many.
std::string unpack(std::string_view bytes, std::size_t piece, bool& broken) {
  const auto inflater = Inflater::create();
  std::string plain;
  std::array<char, 500> out;
  while (!bytes.empty()) {
    std::string_view in = bytes.substr(0, piece);
    bytes.remove_prefix(in.size());
    for (;;) {
      const std::size_t before = in.size();
      const auto count = inflater->inflate(in, out);
      broken = !count;
      if (broken) return plain;
      if (*count > out.size() || in.size() > before) std::abort();
      plain.append(out.data(), *count);
      if (plain.size() > kEnough) return plain;
      if (*count == out.size()) continue;
      if (!in.empty()) std::abort();
      break;
    }
  }
  return plain;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  bool broken = false;
  bool broken_too = false;
  const std::string whole = unpack(bytes, size, broken);
  const std::string in_pieces = unpack(bytes, 7, broken_too);
  const std::size_t both = std::min(whole.size(), in_pieces.size());
  if (whole.substr(0, both) != in_pieces.substr(0, both)) std::abort();

  std::string packed;
  const auto deflater = Deflater::create([&](std::string_view piece) {
    packed += piece;
    return mboxferry::ok();
  });
  const std::size_t half = size / 2;
  if (!deflater->write(bytes.substr(0, half))) std::abort();
  deflater->compress(size % 2 == 0);
  if (!deflater->write(bytes.substr(half)) || !deflater->flush()) std::abort();
  if (size <= kEnough && unpack(packed, 100, broken) != bytes) std::abort();
  return 0;
}
