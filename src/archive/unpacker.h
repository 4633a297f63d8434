// SPDX-License-Identifier: Apache-2.0
// Decompression from front to back.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "archive/input_stream.h"
#include "archive/window_watch.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

/// The bytes inside of `packed`, in constant memory, as long as they are no more than the meter
/// admits. Chooses by the first bytes: gzip, bzip2, xz, lzma, lzip and Zstandard go through
/// their own libraries, because libarchive drops what it unpacked before damage, and does not check
/// gzip's checksums; other compression goes through libarchive; UTF-16 and MMDF are converted. What
/// comes out is unpacked again when it is packed itself, up to a depth of three.
Result<std::unique_ptr<InputStream>> unpack(std::unique_ptr<HeadedStream> packed,
                                            std::shared_ptr<UnpackMeter> meter);

/// For unpack() alone.
Result<std::unique_ptr<InputStream>> unpack_gzip(std::unique_ptr<InputStream> packed,
                                                 UnpackCounter counter);
Result<std::unique_ptr<InputStream>> unpack_bzip2(std::unique_ptr<InputStream> packed,
                                                  UnpackCounter counter);
Result<std::unique_ptr<InputStream>> unpack_lzma(std::unique_ptr<InputStream> packed,
                                                 UnpackCounter counter, WindowFormat format);
Result<std::unique_ptr<InputStream>> unpack_zstd(std::unique_ptr<InputStream> packed,
                                                 UnpackCounter counter);
Result<std::unique_ptr<InputStream>> unpack_by_libarchive(std::unique_ptr<HeadedStream> packed,
                                                          UnpackCounter counter);

/// The error for packed data that cannot be unpacked behind `unpacked` bytes.
Error damaged(const std::string& name, std::uint64_t unpacked, std::string_view reason);

}  // namespace mboxferry::archive
