// SPDX-License-Identifier: Apache-2.0
// What stands of an mbox that another program appends to without pause.
#pragma once

#include <memory>

#include "mboxferry/base/byte_source.h"
#include "mboxferry/base/time.h"
#include "transfer/source/source_folders.h"

namespace mboxferry::transfer {

/// From here on, what the folder held when this run opened it is taken, and what another program
/// appends is not waited for. Only for plain mbox files; others are left as they are.
void take_what_stands(SourceFolder& source);

/// True when another program seems to be in the middle of a message: the folder is a plain mbox
/// file that was written to within the last seconds, and its last line has no end.
Result<bool> is_being_written(const SourceFolder& source, Clock& clock);

/// The bytes of the folder: those that stand, where that was said. They count as unchanged then as
/// long as the file is not shorter; whoever sends them compares digests. Of message files that were
/// changed they are at the offsets of the journal's rows.
Result<std::unique_ptr<ByteSource>> open_bytes(const SourceFolder& source);

}  // namespace mboxferry::transfer
