// SPDX-License-Identifier: Apache-2.0
// What stands of an mbox that another program appends to without pause.
#pragma once

#include <memory>

#include "mboxferry/base/byte_source.h"
#include "transfer/source_folders.h"

namespace mboxferry::transfer {

/// From here on, what the folder held when this run opened it is taken, and what another program
/// appends is not waited for. Only for plain mbox files; others are left as they are.
void take_what_stands(SourceFolder& source);

/// The bytes of the folder: those that stand, where that was said. They count as unchanged then as
/// long as the file is not shorter; whoever sends them compares digests.
Result<std::unique_ptr<ByteSource>> open_bytes(const SourceFolder& source);

}  // namespace mboxferry::transfer
