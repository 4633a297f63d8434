// SPDX-License-Identifier: Apache-2.0
// Standard input as a file that can be read again and again.
#pragma once

#include "mboxferry/base/result.h"

namespace mboxferry::archive {

/// When file descriptor 0 is no regular file, reads it to its end into a temporary file, which
/// takes its place: from then on descriptor 0 is a regular file.
Result<void> keep_standard_input();

}  // namespace mboxferry::archive
