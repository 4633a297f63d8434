// SPDX-License-Identifier: Apache-2.0
// How many connections the server let us have, kept in the journal.
#pragma once

#include "mboxferry/base/time.h"
#include "mboxferry/journal/journal.h"

namespace mboxferry::transfer {

/// Notes that the server refused more than `most` connections.
Result<void> note_connection_limit(int most, journal::Journal& journal, Clock& clock);

/// `wanted`, or fewer when the server refused so many within a day: who else was connected then may
/// be gone by tomorrow.
Result<int> limited_connections(int wanted, const journal::Journal& journal, Clock& clock);

}  // namespace mboxferry::transfer
