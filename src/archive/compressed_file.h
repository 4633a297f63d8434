// SPDX-License-Identifier: Apache-2.0
// Files that may be compressed.
#pragma once

#include <memory>
#include <string_view>

#include "archive/input_stream.h"
#include "archive/limits.h"
#include "archive/open_file.h"
#include "archive/stream_source.h"
#include "mboxferry/base/byte_source.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

std::unique_ptr<StreamOpener> compressed_file_opener(OpenFile file, const Limits& limits);
std::unique_ptr<ByteSource> open_compressed_file(OpenFile file, const Limits& limits);

/// A file from front to back, unpacked when it is compressed.
struct UnpackedFile {
  std::unique_ptr<HeadedStream> bytes;
  bool compressed = false;
  std::string_view converted;  ///< conversion_name()
};
Result<UnpackedFile> open_unpacked(OpenFile file, const Limits& limits);

}  // namespace mboxferry::archive
