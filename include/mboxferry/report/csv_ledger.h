// SPDX-License-Identifier: Apache-2.0
// Every message of jobs as a table for spreadsheets.
#pragma once

#include "mboxferry/base/result.h"
#include "mboxferry/report/job_report.h"
#include "mboxferry/report/text_output.h"

namespace mboxferry::report {

/// A header and a row a message (RFC 4180, UTF-8), as the journals have them: account, folder,
/// offset, mailbox, state, uid_validity, uid, bytes (as sent), date, code, text, and of what was
/// not stored subject, from and message_id where the archive still tells them. A field from outside
/// that a spreadsheet would take for a formula begins with an apostrophe. An account without a
/// journal has no rows. Constant memory.
Result<void> write_csv_ledger(TextOutput& out, const AccountSource& accounts);

/// `field` as it stands between the commas, quoted where it has to be.
std::string csv_field(std::string_view field);

}  // namespace mboxferry::report
