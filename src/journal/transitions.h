// SPDX-License-Identifier: Apache-2.0
// What the files that change messages' states share.
#pragma once

#include "journal/database.h"
#include "mboxferry/base/result.h"

namespace mboxferry::journal {

/// Removes the intents that no message in doubt belongs to any more; part of a transaction.
Result<void> forget_settled_intents(Database& database);

}  // namespace mboxferry::journal
