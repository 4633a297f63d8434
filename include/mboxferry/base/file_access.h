// SPDX-License-Identifier: Apache-2.0
// Who may read a file that holds secrets.
#pragma once

#include <sys/types.h>

namespace mboxferry {

/// True when a regular file of this mode and owner can be read by others: the group too, if the
/// file is the caller's own, who can change that (docs/decisions/0024-batch.md).
bool others_can_read(mode_t mode, uid_t owner);

}  // namespace mboxferry
