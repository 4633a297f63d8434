// SPDX-License-Identifier: Apache-2.0
// A folder that is a compressed file of its own.
#pragma once

#include <memory>

#include "archive/limits.h"
#include "archive/open_file.h"
#include "mboxferry/base/byte_source.h"

namespace mboxferry::archive {

std::unique_ptr<ByteSource> open_compressed_file(OpenFile file, const Limits& limits);

}  // namespace mboxferry::archive
