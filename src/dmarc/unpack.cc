// SPDX-License-Identifier: Apache-2.0
// zlib with bounds. Reports are small and many, so nothing is allocated for each of them.
#include "dmarc/unpack.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>
#include <utility>

namespace mboxferry::dmarc {
namespace {

constexpr std::size_t kFirstOutput = 512;
/// Deflate packs no better: what promises more lies.
constexpr std::size_t kBestRatio = 1032;

/// The size that the end of a gzip stream says (RFC 1952 section 2.3.1), if it can be right: room
/// of that size is all that has to be made.
std::size_t promised_size(std::string_view packed) {
  constexpr std::size_t kSizeOctets = 4;
  std::size_t size = 0;
  for (std::size_t i = 0; i < kSizeOctets && i < packed.size(); ++i)
    size |= static_cast<std::size_t>(
                static_cast<unsigned char>(packed[packed.size() - kSizeOctets + i]))
            << (8 * i);
  return size < packed.size() * kBestRatio ? size + 1 : 0;
}

}  // namespace

bool is_gzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b"); }

bool is_zip(std::string_view bytes) {
  return bytes.starts_with("PK\x03\x04") || bytes.starts_with("PK\x05\x06");
}

std::string_view other_packed_form(std::string_view bytes) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kForms{{
      {"BZh", "bzip2"},
      {"\xfd"
       "7zXZ",
       "xz"},
      {"\x28\xb5\x2f\xfd", "zstd"},
      {"7z\xbc\xaf\x27\x1c", "7z"},
      {"Rar!", "rar"},
  }};
  for (const auto& [magic, name] : kForms)
    if (bytes.starts_with(magic)) return name;
  return {};
}

struct Inflater::Stream {
  z_stream z{};
};

Inflater::Inflater() : stream_(std::make_unique<Stream>()) {
  if (inflateInit2(&stream_->z, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
}

Inflater::~Inflater() { inflateEnd(&stream_->z); }

Unpacked Inflater::run(std::string_view& packed, std::size_t expected, std::size_t most,
                       std::string& out) {
  z_stream& z = stream_->z;
  // zlib does not write to its input.
  z.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(packed.data()));
  z.avail_in = static_cast<uInt>(packed.size());
  std::size_t size = out.size();
  out.resize(std::min(size + std::max(expected, kFirstOutput), most + 1));
  for (;;) {
    // One byte more than allowed shows that there is more.
    if (size > most) return Unpacked::too_large;
    if (size == out.size()) out.resize(std::min(std::max(2 * size, kFirstOutput), most + 1));
    z.next_out = reinterpret_cast<Bytef*>(out.data() + size);
    z.avail_out = static_cast<uInt>(out.size() - size);
    const int status = inflate(&z, Z_NO_FLUSH);
    size = out.size() - z.avail_out;
    if (status == Z_OK && (z.avail_in > 0 || z.avail_out == 0)) continue;
    const bool over = size > most;
    out.resize(std::min(size, most));
    packed.remove_prefix(packed.size() - z.avail_in);
    if (over) return Unpacked::too_large;
    return status == Z_STREAM_END ? Unpacked::whole : Unpacked::damaged;
  }
}

Unpacked Inflater::gzip(std::string_view packed, std::size_t most, std::string& out) {
  out.clear();
  do {
    inflateReset2(&stream_->z, MAX_WBITS + 16);
    const Unpacked end = run(packed, promised_size(packed), most, out);
    if (end != Unpacked::whole) return end;
    // What stands in between is passed over, and no stream behind it is.
    packed.remove_prefix(std::min(packed.find("\x1f\x8b\x08"), packed.size()));
  } while (!packed.empty());
  return Unpacked::whole;
}

Unpacked Inflater::member(const ZipMember& member, std::size_t most, std::string& out) {
  out.clear();
  inflateReset2(&stream_->z, -MAX_WBITS);
  std::string_view packed = member.packed;
  const Unpacked end = run(packed, 2 * packed.size(), most, out);
  if (end != Unpacked::whole) return end;
  const auto crc = crc32_z(0, reinterpret_cast<const Bytef*>(out.data()), out.size());
  return crc == member.crc && member.is_whole ? Unpacked::whole : Unpacked::damaged;
}

}  // namespace mboxferry::dmarc
