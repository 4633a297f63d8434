// SPDX-License-Identifier: Apache-2.0
// What a job left out because it was there before: whether it still is.
#pragma once

#include "mboxferry/transfer/verify.h"

namespace mboxferry::transfer {

/// Looks at every message that --skip-existing found, by its UID, and with `options.full` at its
/// content. It is part of the archive that somebody else has stored, so that the mailbox without it
/// is not complete. Adds to `result`; Journal as opened. Error
/// `try_later`, when all else was compared: a mailbox that the server lists was not opened, or not
/// read.
Result<void> verify_existing(journal::Journal& journal, imap::ReadOnlyTarget& target,
                             const VerifyOptions& options, const DifferenceVisitor& visit,
                             VerifyResult& result, const Cancellation& interrupt);

/// True when the server answered a question about a mailbox with NO and is there for others.
bool is_refusal_to_read(const Error& error, const imap::ReadOnlyTarget& target);

/// How a run ends whose mailbox was made anew, so that nobody knows whether that mail is there.
Error existing_not_compared(const std::string& account, std::uint64_t messages);

}  // namespace mboxferry::transfer
