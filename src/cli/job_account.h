// SPDX-License-Identifier: Apache-2.0
// The account that a journal is about.
#pragma once

#include "cli/connection_options.h"
#include "cli/options.h"
#include "mboxferry/base/cancellation.h"
#include "mboxferry/imap/account.h"
#include "mboxferry/journal/journal.h"

namespace mboxferry::cli {

/// The account of a job, with what the options say differently, and without its password. Fails
/// with `configuration` when the journal names none.
Result<imap::Account> job_account(const journal::Journal& journal,
                                  const ConnectionSettings& settings);

/// --accept-journal-target.
void add_journal_target_option(boost::program_options::options_description& group);

/// The host to log in at, and what is trusted there, come from a journal that someone may have
/// given to this user: in another place than the user's own state folder they are shown, and have
/// to be accepted by that option or on the terminal. So are the archives whose mail would be sent,
/// and one of which the journal has read nothing is refused. Fails with `configuration`.
Result<void> confirm_journal_target(const Options& options, const journal::Journal& journal,
                                    const imap::Account& account,
                                    const std::vector<std::string>& archives,
                                    const Cancellation& interrupt);

}  // namespace mboxferry::cli
