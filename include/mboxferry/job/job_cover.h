// SPDX-License-Identifier: Apache-2.0
// Whether a later job has what an earlier one was to move.
#pragma once

#include "mboxferry/base/result.h"
#include "mboxferry/journal/journal.h"

namespace mboxferry::job {

/// True when `later` has been through the same files, or has every message of `earlier`: by
/// Message-ID, size and date, as often as there. A path proves nothing: another archive may be
/// where one was. Messages without a Message-ID are known by their files only. Memory does not grow
/// with the number of messages. Errors: those of journals; `io`.
Result<bool> has_mail_of(const journal::Journal& later, const journal::Journal& earlier);

}  // namespace mboxferry::job
