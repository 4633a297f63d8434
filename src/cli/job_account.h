// SPDX-License-Identifier: Apache-2.0
// The account that a journal is about.
#pragma once

#include "cli/connection_options.h"
#include "mboxferry/imap/account.h"
#include "mboxferry/journal/journal.h"

namespace mboxferry::cli {

/// The account of a job, with what the options say differently, and without its password. Fails
/// with `configuration` when the journal names none.
Result<imap::Account> job_account(const journal::Journal& journal,
                                  const ConnectionSettings& settings);

}  // namespace mboxferry::cli
