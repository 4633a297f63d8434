// SPDX-License-Identifier: Apache-2.0
// Decompression of a file from front to back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "archive/open_file.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

/// Gives the bytes inside a compressed file, once, in order. Constant memory. After an error it
/// is used up.
class Unpacker {
 public:
  Unpacker() = default;
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;
  virtual ~Unpacker() = default;

  /// The next bytes, at least one; 0 at the end.
  virtual Result<std::size_t> read(std::span<char> buffer) = 0;
};

/// Chooses by the first bytes of `file`, which must outlive the unpacker. gzip goes through zlib,
/// because libarchive does not check its checksums; bzip2, xz and Zstandard go through libarchive.
Result<std::unique_ptr<Unpacker>> make_unpacker(const OpenFile& file);

/// For make_unpacker alone.
Result<std::unique_ptr<Unpacker>> make_gzip_unpacker(const OpenFile& file);
Result<std::unique_ptr<Unpacker>> make_libarchive_unpacker(const OpenFile& file);

/// The error for compressed data that cannot be unpacked behind `unpacked` bytes.
Error damaged(const OpenFile& file, std::uint64_t unpacked, std::string_view reason);

}  // namespace mboxferry::archive
